// y = f(x), x and y of the same shape. y may be x.
#include <cmath>

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

const char* check_alpha(const OpArgs& args) {
  if (const char* e = check<false>(args, 1)) return e;
  return std::fabs(args.attrs[0]) <= FLT_MAX ? nullptr : "alpha is not finite";
}
const char* check_clip(const OpArgs& args) {
  if (const char* e = check<false>(args, 2)) return e;
  return args.attrs[0] <= args.attrs[1] ? nullptr : "min is not at most max";
}

template <Unary* KernelTable::*kKernel, int64_t kGrain>
const char* run(const OpArgs& args, Context& ctx) {
  const FloatAttrs attrs(args);
  const float* x = args.in[0].f32();
  float* y = args.out[0].f32();
  Unary* kernel = ctx.kernels.*kKernel;
  ctx.pool.for_range(args.out[0].size(), kGrain, [&](int64_t begin, int64_t end) {
    kernel(x + begin, y + begin, end - begin, attrs.values);
  });
  return nullptr;
}

template <Unary* KernelTable::*kFloat, UnaryInt* KernelTable::*kInt>
const char* run_either(const OpArgs& args, Context& ctx) {
  if (args.in[0].is_float()) return run<kFloat, kCheapGrain>(args, ctx);
  const int32_t* x = args.in[0].i32();
  int32_t* y = args.out[0].i32();
  ctx.pool.for_range(args.out[0].size(), kCheapGrain, [&](int64_t begin, int64_t end) {
    (ctx.kernels.*kInt)(x + begin, y + begin, end - begin);
  });
  return nullptr;
}

}  // namespace

#define UNARY_OP(name, check, grain) \
  extern const OpDef op_##name;      \
  const OpDef op_##name = {#name, check, run<&KernelTable::name, grain>};
#define UNARY_INT_OP(name)      \
  extern const OpDef op_##name; \
  const OpDef op_##name = {#name, check_plain<true>, run_either<&KernelTable::name, &KernelTable::name##Int>};

UNARY_INT_OP(neg)
UNARY_INT_OP(abs)
UNARY_INT_OP(sign)
UNARY_INT_OP(square)
UNARY_OP(sqrt, check_plain<false>, kCheapGrain)
UNARY_OP(rsqrt, check_plain<false>, kCheapGrain)
UNARY_OP(reciprocal, check_plain<false>, kCheapGrain)
UNARY_OP(relu, check_plain<false>, kCheapGrain)
UNARY_OP(clip, check_clip, kCheapGrain)        // attrs: min, max; may be infinite
UNARY_OP(leakyRelu, check_alpha, kCheapGrain)  // attrs: alpha
UNARY_OP(elu, check_alpha, kLongGrain)         // attrs: alpha
UNARY_OP(exp, check_plain<false>, kLongGrain)
UNARY_OP(expm1, check_plain<false>, kLongGrain)
UNARY_OP(log, check_plain<false>, kLongGrain)
UNARY_OP(log1p, check_plain<false>, kLongGrain)
UNARY_OP(erf, check_plain<false>, kLongGrain)
UNARY_OP(sin, check_plain<false>, kLongGrain)
UNARY_OP(cos, check_plain<false>, kLongGrain)
UNARY_OP(selu, check_plain<false>, kLongGrain)
UNARY_OP(softplus, check_plain<false>, kLongGrain)
UNARY_OP(sigmoid, check_plain<false>, kLongGrain)
UNARY_OP(tanh, check_plain<false>, kLongGrain)
UNARY_OP(gelu, check_plain<false>, kLongGrain)
UNARY_OP(geluTanh, check_plain<false>, kLongGrain)

}  // namespace myelin
