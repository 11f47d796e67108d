#include "run.h"

#include "../dispatch/dispatch.h"
#include "../ops/spec_reader.h"
#include "../runtime/float_mode.h"
#include "../runtime/turnstile.h"
#include "arguments.h"
#include "environment.h"

namespace myelin {
namespace {

constexpr int kMaxOutputs = 16;
constexpr int kFew = 8;              // inputs that need no heap
constexpr int kFewAttributes = 32;  // as many attributes

// Memory for the time of a call; nullptr where none is wanted or to be had.
struct Loan {
  explicit Loan(int64_t bytes) : storage(bytes > 0 ? allocate_storage(bytes) : nullptr) {}
  ~Loan() {
    if (storage != nullptr) storage->release();
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

  Storage* const storage;
};

}  // namespace

napi_value run(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argument;
  void* data = nullptr;
  napi_get_cb_info(env, info, &argc, &argument, nullptr, &data);
  auto* environment = static_cast<Environment*>(data);

  double* spec = environment->spec();
  size_t length = environment->spec_length();
  if (argc > 0) {
    Bytes numbers;
    if (!read_bytes(env, argument, &numbers) || numbers.type != napi_float64_array) numbers.data = nullptr;
    spec = static_cast<double*>(numbers.data);
    length = numbers.bytes / sizeof(double);
  }
  if (spec == nullptr) return fail(env, "ERR_ARGUMENT", "run takes one Float64Array, or none behind shareSpec");
  SpecReader reader{spec, spec + length};

  const auto opcode = static_cast<int>(reader.count(kOpCount - 1));
  const int64_t most = length < INT32_MAX ? static_cast<int64_t>(length) : INT32_MAX;
  const auto ins = static_cast<int>(reader.count(most));
  const auto outs = static_cast<int>(reader.count(kMaxOutputs));
  const auto attr_count = static_cast<int>(reader.count(most));
  if (!reader.ok || reader.left() < ins) return fail(env, "ERR_ARGUMENT", "the op's spec is malformed");

  View few[kFew];
  std::vector<View> many;
  if (ins > kFew) many.resize(static_cast<size_t>(ins));
  View* in = ins > kFew ? many.data() : few;
  for (int i = 0; i < ins; i++)
    if (!environment->view(reader.number(), &in[i])) return fail(env, "ERR_DISPOSED", "an input has been disposed");

  View out[kMaxOutputs];
  for (int i = 0; i < outs; i++) reader.shape(&out[i]);
  if (reader.too_large) return fail(env, "ERR_MEMORY", "the result would have too many elements");
  if (!reader.ok || reader.left() < attr_count)
    return fail(env, "ERR_ARGUMENT", "the op's spec is malformed");

  // Copies: the spec may lie in memory that another thread writes.
  double few_attrs[kFewAttributes];
  std::vector<double> many_attrs;
  if (attr_count > kFewAttributes) many_attrs.resize(static_cast<size_t>(attr_count));
  double* const attrs = attr_count > kFewAttributes ? many_attrs.data() : few_attrs;
  for (int i = 0; i < attr_count; i++) attrs[i] = reader.number();

  const OpDef& op = *kOps[opcode];
  const OpArgs args{in, ins, out, outs, attrs, attr_count};
  const char* wrong = op.check(args);
  if (wrong != nullptr) return fail(env, "ERR_ARGUMENT", wrong);

  Context context(kernels(), ThreadPool::instance());
  const ScratchSize size = op.scratch == nullptr ? ScratchSize{} : op.scratch(args, context);
  const int64_t scratch_bytes = size.bytes(context.threads);
  const Loan scratch(scratch_bytes);
  if (scratch.storage == nullptr && scratch_bytes > 0) return fail_memory(env, scratch_bytes);
  if (scratch_bytes > 0) context.use(scratch.storage->data, size);

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
    const FloatMode mode;
    wrong = op.run(args, context);
  }
  if (wrong != nullptr) {
    for (int i = 0; i < outs; i++) storages[i]->release();
    return fail(env, "ERR_ARGUMENT", wrong);
  }

  Handle handles[kMaxOutputs] = {kNoHandle};
  for (int i = 0; i < outs; i++) {
    handles[i] = environment->add(storages[i], out[i]);
    if (handles[i] == kNoHandle) {
      for (int j = i; j < outs; j++) storages[j]->release();
      for (int j = 0; j < i; j++) environment->release(handles[j]);
      return fail(env, "ERR_MEMORY", "too many tensors are alive");
    }
    spec[i] = handles[i];
  }
  napi_value result = nullptr;
  napi_create_int32(env, handles[0], &result);
  return result;
}

}  // namespace myelin
