// The addon's exports. Everything that computes goes through run(); the rest moves data in and out.
#include <napi.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "../blas/external.h"
#include "../dispatch/dispatch.h"
#include "../ops/activation.h"
#include "../ops/chain.h"
#include "../ops/update_rule.h"
#include "../plan/plan.h"
#include "../runtime/float_mode.h"
#include "../runtime/pin.h"
#include "../runtime/processors.h"
#include "../runtime/turnstile.h"
#include "arguments.h"
#include "environment.h"
#include "guard.h"
#include "peak.h"
#include "plan.h"
#include "run.h"

#ifndef MYELIN_VERSION
#define MYELIN_VERSION "0.0.0"
#endif

namespace myelin {
namespace {

using Napi::CallbackInfo;
using Napi::Value;

Value error(const CallbackInfo& info, const char* code, const char* message) {
  fail(info.Env(), code, message);
  return Value();
}

// Allocates, adds to the table, and returns the handle; the memory is left for the caller to fill.
Value add_tensor(const CallbackInfo& info, View* view, Storage** storage) {
  const int64_t bytes = view->size() * dtype_bytes(view->dtype);
  *storage = allocate_storage(bytes);
  if (*storage == nullptr) {
    fail_memory(info.Env(), bytes);
    return Value();
  }
  view->data = (*storage)->data;
  const Handle handle = Environment::of(info.Env())->add(*storage, *view);
  if (handle != kNoHandle) return Napi::Number::New(info.Env(), handle);
  (*storage)->release();
  *storage = nullptr;
  return error(info, "ERR_MEMORY", "too many tensors are alive");
}

// Whether so many bytes from an element on are a tensor's.
bool lies_within(const View& view, double offset, size_t bytes) {
  const double size = static_cast<double>(view.size()), item = static_cast<double>(dtype_bytes(view.dtype));
  return offset >= 0 && offset <= size && offset == std::floor(offset) &&
         static_cast<double>(bytes) <= (size - offset) * item;
}

char* element(const View& view, double offset) {
  return static_cast<char*>(view.data) + static_cast<int64_t>(offset) * dtype_bytes(view.dtype);
}

// Of what JavaScript holds a tensor's elements in.
napi_typedarray_type array_type(DType dtype) {
  return dtype == DType::kFloat32 ? napi_float32_array : dtype == DType::kInt32 ? napi_int32_array : napi_uint8_array;
}

// create(dtype, shape, data): handle. The typed array's bytes are copied; its element size must be the dtype's.
Value create(const CallbackInfo& info) {
  View view;
  Bytes bytes;
  if (!read_shape(info.Env(), info[0], info[1], &view) || !read_bytes(info.Env(), info[2], &bytes))
    return error(info, "ERR_ARGUMENT", "create takes a dtype, a shape and a typed array");
  if (bytes.bytes != static_cast<size_t>(view.size() * dtype_bytes(view.dtype)))
    return error(info, "ERR_SHAPE", "the data's length is not the shape's size");
  Storage* storage = nullptr;
  const Value handle = add_tensor(info, &view, &storage);
  if (storage != nullptr && bytes.bytes > 0) std::memcpy(storage->data, bytes.data, bytes.bytes);
  return handle;
}

// empty(dtype, shape): handle. The caller writes every element before anyone reads one.
Value empty(const CallbackInfo& info) {
  View view;
  if (!read_shape(info.Env(), info[0], info[1], &view))
    return error(info, "ERR_ARGUMENT", "empty takes a dtype and a shape");
  Storage* storage = nullptr;
  return add_tensor(info, &view, &storage);
}

// write(handle, offset, data): the typed array's bytes over the elements from `offset` on.
Value write(const CallbackInfo& info) {
  double handle = kNoHandle, offset = 0;
  View view;
  Bytes bytes;
  if (!read_number(info.Env(), info[0], &handle) || !Environment::of(info.Env())->view(handle, &view))
    return error(info, "ERR_DISPOSED", "the tensor has been disposed");
  if (!read_number(info.Env(), info[1], &offset) || !read_bytes(info.Env(), info[2], &bytes))
    return error(info, "ERR_ARGUMENT", "write takes a handle, an offset and a typed array");
  if (!lies_within(view, offset, bytes.bytes)) return error(info, "ERR_SHAPE", "the data reaches over the tensor's end");
  // A job may have checked what is here, labels or indices, and be about to use it. Data sets, which take many writes, are
  // in no job yet and wait for none.
  const Turnstile::ReaderPass pass(Environment::of(info.Env())->storage(handle)->shared());
  if (bytes.bytes > 0) std::memcpy(element(view, offset), bytes.data, bytes.bytes);
  return info.Env().Undefined();
}

// alias(handle, shape): a second handle on the same storage.
Value alias(const CallbackInfo& info) {
  Environment* environment = Environment::of(info.Env());
  double handle = kNoHandle;
  View from, to;
  if (!read_shape(info.Env(), Napi::Number::New(info.Env(), 0), info[1], &to))
    return error(info, "ERR_ARGUMENT", "alias takes a handle and a shape");
  if (!read_number(info.Env(), info[0], &handle) || !environment->view(handle, &from))
    return error(info, "ERR_DISPOSED", "the tensor has been disposed");
  to.dtype = from.dtype;
  if (to.size() != from.size()) return error(info, "ERR_SHAPE", "the sizes differ");
  Storage* storage = environment->storage(handle);
  storage->retain();
  const Handle result = environment->add(storage, to);
  if (result != kNoHandle) return Napi::Number::New(info.Env(), result);
  storage->release();
  return error(info, "ERR_MEMORY", "too many tensors are alive");
}

// A copy of one tensor's elements into the storage of another of the same dtype and size.
struct Assignment {
  View to, from;

  // nullptr, or the code of what is wrong.
  const char* find(Environment* environment, double handle, double from_handle) {
    if (!environment->view(handle, &to) || !environment->view(from_handle, &from)) return "ERR_DISPOSED";
    return to.size() == from.size() && to.dtype == from.dtype ? nullptr : "ERR_SHAPE";
  }
  void run() const {
    const auto bytes = static_cast<size_t>(to.size() * dtype_bytes(to.dtype));
    if (bytes > 0) std::memmove(to.data, from.data, bytes);
  }
};

Value misfit(const CallbackInfo& info, const char* code) {
  return error(info, code, std::strcmp(code, "ERR_SHAPE") == 0 ? "size or dtype differ" : "a tensor has been disposed");
}

// assign(handle, from): copies the elements of `from`, of the same dtype and size, into the first tensor's storage.
Value assign(const CallbackInfo& info) {
  double handle = kNoHandle, from_handle = kNoHandle;
  read_number(info.Env(), info[0], &handle);
  read_number(info.Env(), info[1], &from_handle);
  Assignment assignment;
  const char* code = assignment.find(Environment::of(info.Env()), handle, from_handle);
  if (code != nullptr) return misfit(info, code);
  const Turnstile::ReaderPass pass;
  assignment.run();
  return info.Env().Undefined();
}

// assignAll(handles, from): the same for each pair of two Float64Arrays, all between the same two steps, or none.
Value assign_all(const CallbackInfo& info) {
  Bytes to, from;
  if (!read_bytes(info.Env(), info[0], &to) || !read_bytes(info.Env(), info[1], &from) || to.type != napi_float64_array ||
      from.type != napi_float64_array || to.bytes != from.bytes)
    return error(info, "ERR_ARGUMENT", "assignAll takes two Float64Arrays of as many handles");
  std::vector<Assignment> assignments;
  for (size_t i = 0; i < to.bytes / sizeof(double); i++) {
    Assignment& assignment = assignments.emplace_back();
    const char* code = assignment.find(Environment::of(info.Env()), static_cast<const double*>(to.data)[i],
                                       static_cast<const double*>(from.data)[i]);
    if (code != nullptr) return misfit(info, code);
  }
  const Turnstile::ReaderPass pass;
  for (const Assignment& assignment : assignments) assignment.run();
  return info.Env().Undefined();
}

// read(handle, offset, array): the elements from `offset` on into a typed array of the tensor's dtype, as many as it takes.
// JavaScript makes the array: V8 ends the process where there is no room for one that native code asks for.
Value read(const CallbackInfo& info) {
  double handle = kNoHandle, offset = 0;
  View view;
  Bytes bytes;
  if (!read_number(info.Env(), info[0], &handle) || !Environment::of(info.Env())->view(handle, &view))
    return error(info, "ERR_DISPOSED", "the tensor has been disposed");
  if (!read_number(info.Env(), info[1], &offset) || !read_bytes(info.Env(), info[2], &bytes) ||
      bytes.type != array_type(view.dtype))
    return error(info, "ERR_ARGUMENT", "read takes a handle, an offset and a typed array of the tensor's dtype");
  if (!lies_within(view, offset, bytes.bytes)) return error(info, "ERR_SHAPE", "the array reaches over the tensor's end");
  const Turnstile::ReaderPass pass;
  if (bytes.bytes > 0) std::memcpy(bytes.data, element(view, offset), bytes.bytes);
  return info.Env().Undefined();
}

// item(handle): the first element as a number.
Value item(const CallbackInfo& info) {
  double handle = kNoHandle;
  View view;
  if (!read_number(info.Env(), info[0], &handle) || !Environment::of(info.Env())->view(handle, &view))
    return error(info, "ERR_DISPOSED", "the tensor has been disposed");
  if (view.size() < 1) return error(info, "ERR_SHAPE", "the tensor is empty");
  const Turnstile::ReaderPass pass;
  const double value = view.dtype == DType::kFloat32 ? static_cast<double>(view.f32()[0])
                       : view.dtype == DType::kInt32 ? static_cast<double>(view.i32()[0])
                                                     : static_cast<double>(view.u8()[0]);
  return Napi::Number::New(info.Env(), value);
}

// release(handle): whether it was alive.
napi_value release(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argument, result = nullptr;
  void* data = nullptr;
  double handle = kNoHandle;
  napi_get_cb_info(env, info, &argc, &argument, nullptr, &data);
  const bool alive = argc == 1 && read_number(env, argument, &handle) && static_cast<Environment*>(data)->release(handle);
  napi_get_boolean(env, alive, &result);
  return result;
}

// releaseAll(handles, count): the same for the first `count` of a Float64Array.
napi_value release_all(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value arguments[2];
  void* data = nullptr;
  Bytes handles;
  double count = 0;
  napi_get_cb_info(env, info, &argc, arguments, nullptr, &data);
  if (argc != 2 || !read_bytes(env, arguments[0], &handles) || handles.type != napi_float64_array ||
      !read_number(env, arguments[1], &count) || !(count >= 0 && count * sizeof(double) <= static_cast<double>(handles.bytes)))
    return fail(env, "ERR_ARGUMENT", "releaseAll takes a Float64Array and how many of its handles");
  const auto* const handle = static_cast<const double*>(handles.data);
  for (int64_t i = 0; i < static_cast<int64_t>(count); i++) static_cast<Environment*>(data)->release(handle[i]);
  return nullptr;
}

// shareSpec(array): the Float64Array in shared memory that run() without an argument reads and writes: the first that was given.
Value share_spec(const CallbackInfo& info) {
  napi_value kept = Environment::of(info.Env())->keep_spec(info[0]);
  if (kept != nullptr) return Value(info.Env(), kept);
  return error(info, "ERR_ARGUMENT", "shareSpec takes a Float64Array on a SharedArrayBuffer");
}

Value memory(const CallbackInfo& info) {
  const MemoryInfo all = memory_info();
  auto object = Napi::Object::New(info.Env());
  object["bytes"] = static_cast<double>(all.bytes);
  object["peakBytes"] = static_cast<double>(all.peak_bytes);
  object["tensors"] = static_cast<double>(Environment::of(info.Env())->tensors());
  return object;
}

// giveBackMemory(): to the operating system, what is free and kept for reuse.
Value give_back(const CallbackInfo& info) {
  give_back_memory();
  return info.Env().Undefined();
}

Value runtime_info(const CallbackInfo& info) {
  auto object = Napi::Object::New(info.Env());
  auto isas = Napi::Array::New(info.Env());
  for (int i = 0; i < kIsas; i++)
    if (isa_supported(static_cast<Isa>(i))) isas[isas.Length()] = isa_name(static_cast<Isa>(i));
  object["version"] = MYELIN_VERSION;
  object["isa"] = isa_name(current_isa());
  object["isas"] = isas;
  object["threads"] = ThreadPool::instance().threads();
  object["blas"] = blas_name();
  object["subnormals"] = flushes_subnormals() ? "flush" : "keep";
  object["napi"] = NAPI_VERSION;
  return object;
}

Value set_threads(const CallbackInfo& info) {
  double n = 0;
  if (!read_number(info.Env(), info[0], &n) || !(n >= 1 && n <= 256) || n != static_cast<int>(n))
    return error(info, "ERR_ARGUMENT", "threads must be a whole number from 1 to 256");
  ThreadPool::instance().set_threads(static_cast<int>(n));
  return info.Env().Undefined();
}

Value set_instruction_set(const CallbackInfo& info) {
  Isa isa;
  if (!info[0].IsString() || !isa_from_name(info[0].As<Napi::String>().Utf8Value().c_str(), &isa))
    return error(info, "ERR_ARGUMENT", "the instruction set must be baseline, avx2, avx512 or neon");
  if (Turnstile::any_job()) return error(info, "ERR_BUSY", "a job is running");
  if (!set_isa(isa)) return error(info, "ERR_PLATFORM", "this processor lacks that instruction set");
  return info.Env().Undefined();
}

// Name → code, for TypeScript to find its ops, dtypes, activations, rules and kinds of buffers by.
Napi::Object codes(Napi::Env env, const char* (*name)(int), int count) {
  auto object = Napi::Object::New(env);
  for (int i = 0; i < count; i++) object[name(i)] = i;
  return object;
}

}  // namespace

napi_value init(napi_env raw_env, napi_value raw_exports) {
  const char* wrong = environment_error();
  if (wrong != nullptr) return fail(raw_env, "ERR_ARGUMENT", wrong);
  if ((wrong = isa_error()) != nullptr || (wrong = blas_error()) != nullptr || (wrong = subnormals_error()) != nullptr)
    return fail(raw_env, "ERR_PLATFORM", wrong);
  pin_library();

  auto* environment = new Environment(raw_env);
  napi_set_instance_data(
      raw_env, environment, [](napi_env, void* data, void*) { delete static_cast<Environment*>(data); }, nullptr);

  const Napi::Env env(raw_env);
  Napi::Object exports(raw_env, raw_exports);
  exports["opcodes"] = codes(env, [](int i) { return kOps[i]->name; }, kOpCount);
  exports["dtypes"] = codes(env, [](int i) { return kDTypeNames[i]; }, kDTypes);
  exports["activations"] = codes(env, [](int i) { return kActivationNames[i]; }, kActivations);
  exports["rules"] = codes(env, [](int i) { return kRuleNames[i]; }, kRules);
  exports["bufferKinds"] = codes(env, [](int i) { return kBufferKindNames[i]; }, kBufferKinds);
  exports["mostChained"] = kMostChained;
  const struct { const char* name; napi_callback function; } hot[] = {
      {"run", guarded<run>}, {"release", release}, {"releaseAll", release_all}};
  for (const auto& h : hot) {
    napi_value function;
    napi_create_function(raw_env, h.name, NAPI_AUTO_LENGTH, h.function, environment, &function);
    exports[h.name] = Value(env, function);
  }
  export_function<share_spec>(exports, "shareSpec");
  export_function<create>(exports, "create");
  export_function<write>(exports, "write");
  export_function<empty>(exports, "empty");
  export_function<alias>(exports, "alias");
  export_function<assign>(exports, "assign");
  export_function<assign_all>(exports, "assignAll");
  export_function<read>(exports, "read");
  export_function<item>(exports, "item");
  export_function<memory>(exports, "memory");
  export_function<give_back>(exports, "giveBackMemory");
  export_function<runtime_info>(exports, "info");
  export_function<machine_peak>(exports, "machinePeak");
  export_function<set_threads>(exports, "setThreads");
  export_function<set_instruction_set>(exports, "setInstructionSet");
  export_plan(env, exports);
  return exports;
}

}  // namespace myelin

NAPI_MODULE_INIT() {
  return myelin::guarded(env, [&] { return myelin::init(env, exports); });
}
