// y = f(x), x and y of the same shape. y may be x.
#include "elementwise.h"

namespace myelin {
namespace {

template <bool kIntToo>
const char* check(const OpArgs& args, int attrs) {
  if (const char* e = check_counts(args, 1, attrs)) return e;
  const View &x = args.in[0], &y = args.out[0];
  if (!x.is_float() && !(kIntToo && x.dtype == DType::kInt32)) return "this dtype is not supported";
  if (y.dtype != x.dtype) return "the output's dtype differs from the input's";
  if (!same_shape(x, y)) return "the output's shape differs from the input's";
  return nullptr;
}
template <bool kIntToo>
const char* check_plain(const OpArgs& args) {
  return check<kIntToo>(args, 0);
}

constexpr auto check_none = check_plain<false>;

const char* check_alpha(const OpArgs& args) {
  if (const char* e = check<false>(args, 1)) return e;
  return check_alpha_value(args.attrs);
}
const char* check_clip(const OpArgs& args) {
  if (const char* e = check<false>(args, 2)) return e;
  return check_clip_values(args.attrs);
}

template <Unary* KernelTable::*kKernel, int64_t kGrain>
const char* run(const OpArgs& args, Context& ctx) {
  const FloatAttrs attrs(args);
  const float* x = args.in[0].f32();
  float* y = args.out[0].f32();
  Unary* kernel = ctx.kernels.*kKernel;
  ctx.for_range(args.out[0].size(), kGrain, [&](int64_t begin, int64_t end) {
    kernel(x + begin, y + begin, end - begin, attrs.values);
  });
  return nullptr;
}

template <Unary* KernelTable::*kFloat, UnaryInt* KernelTable::*kInt>
const char* run_either(const OpArgs& args, Context& ctx) {
  if (args.in[0].is_float()) return run<kFloat, kCheapGrain>(args, ctx);
  const int32_t* x = args.in[0].i32();
  int32_t* y = args.out[0].i32();
  ctx.for_range(args.out[0].size(), kCheapGrain, [&](int64_t begin, int64_t end) {
    (ctx.kernels.*kInt)(x + begin, y + begin, end - begin);
  });
  return nullptr;
}

}  // namespace

#define UNARY_OP(name, attributes, grain) \
  extern const OpDef op_##name;           \
  const OpDef op_##name = {#name, check_##attributes, run<&KernelTable::name, grain>};
#define UNARY_INT_OP(name)      \
  extern const OpDef op_##name; \
  const OpDef op_##name = {#name, check_plain<true>, run_either<&KernelTable::name, &KernelTable::name##Int>};
#include "../kernels/elementwise.def"

}  // namespace myelin
