// y = f(a, b), a and b broadcast to y's shape. y may be an operand of its own shape.
#include "elementwise.h"

namespace myelin {
namespace {

enum class Result { kSame, kBool };

template <bool kIntToo, Result kResult>
const char* check(const OpArgs& args, int attrs) {
  if (const char* e = check_counts(args, 2, attrs)) return e;
  const View &a = args.in[0], &b = args.in[1], &y = args.out[0];
  if (a.dtype != b.dtype) return "the inputs' dtypes differ";
  if (!a.is_float() && !(kIntToo && a.dtype == DType::kInt32)) return "this dtype is not supported";
  if (y.dtype != (kResult == Result::kBool ? DType::kBool : a.dtype)) return "the output has the wrong dtype";
  if (!broadcasts_to(a, y) || !broadcasts_to(b, y))
    return "the inputs do not broadcast to the output's shape";
  return nullptr;
}
template <bool kIntToo, Result kResult>
const char* check_plain(const OpArgs& args) {
  return check<kIntToo, kResult>(args, 0);
}

constexpr auto check_none = check_plain<false, Result::kSame>;

const char* check_alpha(const OpArgs& args) {
  if (const char* e = check<false, Result::kSame>(args, 1)) return e;
  return check_alpha_value(args.attrs);
}

// kernel(a, a_step, b, b_step, y, n)
template <class T, class U, class Kernel>
void run_on(const OpArgs& args, Context& ctx, int64_t grain, Kernel kernel) {
  const View &a = args.in[0], &b = args.in[1], &y = args.out[0];
  const T* pa = static_cast<const T*>(a.data);
  const T* pb = static_cast<const T*>(b.data);
  U* py = static_cast<U*>(y.data);
  if (same_shape(a, y) && same_shape(b, y)) {
    ctx.for_range(y.size(), grain, [&](int64_t begin, int64_t end) {
      kernel(pa + begin, 1, pb + begin, 1, py + begin, end - begin);
    });
    return;
  }
  for_broadcast<2>(ctx, y, args.in, grain,
                   [&](const void* const* p, const int64_t* steps, int64_t offset, int64_t n) {
                     kernel(static_cast<const T*>(p[0]), steps[0], static_cast<const T*>(p[1]), steps[1],
                            py + offset, n);
                   });
}

template <Binary* KernelTable::*kKernel, int64_t kGrain>
const char* run(const OpArgs& args, Context& ctx) {
  const FloatAttrs attrs(args);
  Binary* kernel = ctx.kernels.*kKernel;
  run_on<float, float>(args, ctx, kGrain,
                       [&](const float* a, int64_t a_step, const float* b, int64_t b_step, float* y,
                           int64_t n) { kernel(a, a_step, b, b_step, y, n, attrs.values); });
  return nullptr;
}

// A product in place by ones: each norm within its limit, so that there is nothing to scale down.
bool changes_nothing(const OpArgs& args) {
  const View &a = args.in[0], &factors = args.in[1], &y = args.out[0];
  if (a.data != y.data || !same_shape(a, y) || factors.size() == y.size()) return false;
  const float* const factor = factors.f32();
  for (int64_t i = 0; i < factors.size(); i++)
    if (factor[i] != 1) return false;
  return true;
}

template <Binary* KernelTable::*kFloat, BinaryInt* KernelTable::*kInt>
const char* run_either(const OpArgs& args, Context& ctx) {
  constexpr bool kProduct = kFloat == &KernelTable::mul;
  if (kProduct && args.in[0].is_float() && changes_nothing(args)) return nullptr;
  if (args.in[0].is_float()) return run<kFloat, kCheapGrain>(args, ctx);
  run_on<int32_t, int32_t>(args, ctx, kCheapGrain, ctx.kernels.*kInt);
  return nullptr;
}

template <CompareFloat* KernelTable::*kFloat, CompareInt* KernelTable::*kInt>
const char* run_compare(const OpArgs& args, Context& ctx) {
  if (args.in[0].is_float()) {
    run_on<float, uint8_t>(args, ctx, kCheapGrain, ctx.kernels.*kFloat);
  } else {
    run_on<int32_t, uint8_t>(args, ctx, kCheapGrain, ctx.kernels.*kInt);
  }
  return nullptr;
}

}  // namespace

#define BINARY_OP(name, attributes, grain) \
  extern const OpDef op_##name;            \
  const OpDef op_##name = {#name, check_##attributes, run<&KernelTable::name, grain>};
#define BINARY_INT_OP(name)                                         \
  extern const OpDef op_##name;                                     \
  const OpDef op_##name = {#name, check_plain<true, Result::kSame>, \
                           run_either<&KernelTable::name, &KernelTable::name##Int>};
#define COMPARE_OP(name)                                            \
  extern const OpDef op_##name;                                     \
  const OpDef op_##name = {#name, check_plain<true, Result::kBool>, \
                           run_compare<&KernelTable::name, &KernelTable::name##Int>};
#include "../kernels/elementwise.def"

}  // namespace myelin
