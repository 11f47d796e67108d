#include "run.h"

#include "../dispatch/dispatch.h"
#include "../ops/spec_reader.h"
#include "../runtime/turnstile.h"
#include "arguments.h"
#include "environment.h"

namespace myelin {
namespace {

constexpr int kMaxInputs = 4096, kMaxOutputs = 16, kMaxAttributes = 4096;
constexpr int kFew = 8;  // inputs that need no heap

}  // namespace

napi_value run(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argument;
  void* data = nullptr;
  napi_get_cb_info(env, info, &argc, &argument, nullptr, &data);
  auto* environment = static_cast<Environment*>(data);

  napi_typedarray_type type;
  size_t length = 0;
  void* numbers = nullptr;
  if (argc < 1 ||
      napi_get_typedarray_info(env, argument, &type, &length, &numbers, nullptr, nullptr) != napi_ok ||
      type != napi_float64_array || numbers == nullptr)
    return fail(env, "ERR_ARGUMENT", "run takes one Float64Array");
  auto* spec = static_cast<double*>(numbers);
  SpecReader reader{spec, spec + length};

  const auto opcode = static_cast<int>(reader.count(kOpCount - 1));
  const auto ins = static_cast<int>(reader.count(kMaxInputs));
  const auto outs = static_cast<int>(reader.count(kMaxOutputs));
  const auto attr_count = static_cast<int>(reader.count(kMaxAttributes));
  if (!reader.ok) return fail(env, "ERR_ARGUMENT", "the op's spec is malformed");

  View few[kFew];
  std::vector<View> many;
  if (ins > kFew) many.resize(static_cast<size_t>(ins));
  View* in = ins > kFew ? many.data() : few;
  for (int i = 0; i < ins; i++)
    if (!environment->view(reader.number(), &in[i])) return fail(env, "ERR_DISPOSED", "an input has been disposed");

  View out[kMaxOutputs];
  for (int i = 0; i < outs; i++)
    if (!reader.shape(&out[i])) return fail(env, "ERR_ARGUMENT", "the op's spec is malformed");
  if (!reader.ok || reader.left() < attr_count)
    return fail(env, "ERR_ARGUMENT", "the op's spec is malformed");

  const OpDef& op = *kOps[opcode];
  const OpArgs args{in, ins, out, outs, reader.at, attr_count};
  const char* wrong = op.check(args);
  if (wrong != nullptr) return fail(env, "ERR_ARGUMENT", wrong);

  Storage* storages[kMaxOutputs];
  for (int i = 0; i < outs; i++) {
    const int64_t bytes = out[i].size() * dtype_bytes(out[i].dtype);
    storages[i] = allocate_storage(bytes);
    if (storages[i] == nullptr) {
      for (int j = 0; j < i; j++) storages[j]->release();
      return fail_memory(env, bytes);
    }
    out[i].data = storages[i]->data;
  }

  {
    const Turnstile::ReaderPass pass;
    Context context{kernels(), ThreadPool::instance()};
    wrong = op.run(args, context);
  }
  if (wrong != nullptr) {
    for (int i = 0; i < outs; i++) storages[i]->release();
    return fail(env, "ERR_ARGUMENT", wrong);
  }

  Handle first = kNoHandle;
  for (int i = 0; i < outs; i++) {
    const Handle handle = environment->add(storages[i], out[i]);
    if (handle == kNoHandle) {
      for (int j = i; j < outs; j++) storages[j]->release();
      for (int j = 0; j < i; j++) environment->release(spec[j]);
      return fail(env, "ERR_MEMORY", "too many tensors are alive");
    }
    spec[i] = handle;
    if (i == 0) first = handle;
  }
  napi_value result = nullptr;
  napi_create_int32(env, first, &result);
  return result;
}

}  // namespace myelin
