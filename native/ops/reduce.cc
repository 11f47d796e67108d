// sum, prod, max, min, sumSquares: in x; out the reduction of the middle axis of x seen as [outer, n, inner]. attrs
// [outer, n, inner].
#include "reduce_blocks.h"
#include "reduce_shape.h"

namespace myelin {
namespace {

template <class T>
void fill(T* y, int64_t n, T value) {
  for (int64_t i = 0; i < n; i++) y[i] = value;
}

template <bool needs_elements>
const char* check(const OpArgs& a) {
  ReduceShape s;
  if (const char* wrong = reduce_shape(a, &s)) return wrong;
  if (a.in[0].dtype != a.out[0].dtype) return "the result must have the input's dtype";
  if (needs_elements && s.n == 0 && s.outer * s.inner > 0)
    return "there is no maximum or minimum of zero elements";
  return nullptr;
}

template <ReduceFloat* KernelTable::*float_kernel, ReduceInt* KernelTable::*int_kernel, int of_none>
const char* run(const OpArgs& a, Context& ctx) {
  ReduceShape s;
  reduce_shape(a, &s);
  const View& x = a.in[0];
  const View& y = a.out[0];
  if (s.outer * s.inner == 0) return nullptr;
  if (x.is_float()) {
    if (s.n == 0)
      fill<float>(y.f32(), s.outer * s.inner, of_none);
    else
      reduce<float>(x.f32(), y.f32(), s, ctx.kernels.*float_kernel, ctx.kernels.*float_kernel, ctx);
  } else {
    if (s.n == 0)
      fill<int32_t>(y.i32(), s.outer * s.inner, of_none);
    else
      reduce<int32_t>(x.i32(), y.i32(), s, ctx.kernels.*int_kernel, ctx.kernels.*int_kernel, ctx);
  }
  return nullptr;
}

template <class T>
ScratchSize scratch_of(const OpArgs& a) {
  ReduceShape s;
  reduce_shape(a, &s);
  return {reduce_scratch<T>(s)};
}

ScratchSize scratch(const OpArgs& a, const Context&) {
  return a.in[0].is_float() ? scratch_of<float>(a) : scratch_of<int32_t>(a);
}

const char* check_squares(const OpArgs& a) {
  if (const char* wrong = check<false>(a)) return wrong;
  return a.in[0].is_float() ? nullptr : "the input must be float32";
}

const char* run_squares(const OpArgs& a, Context& ctx) {
  ReduceShape s;
  reduce_shape(a, &s);
  if (s.n == 0)
    fill<float>(a.out[0].f32(), s.outer * s.inner, 0);
  else if (s.outer * s.inner > 0)
    reduce<float>(a.in[0].f32(), a.out[0].f32(), s, ctx.kernels.sum_squares, ctx.kernels.reduce_sum, ctx);
  return nullptr;
}

}  // namespace

extern const OpDef op_sumSquares{"sumSquares", check_squares, run_squares, scratch};
extern const OpDef op_sum{"sum", check<false>,
                          run<&KernelTable::reduce_sum, &KernelTable::reduce_sum_int, 0>, scratch};
extern const OpDef op_prod{"prod", check<false>,
                           run<&KernelTable::reduce_prod, &KernelTable::reduce_prod_int, 1>, scratch};
extern const OpDef op_max{"max", check<true>, run<&KernelTable::reduce_max, &KernelTable::reduce_max_int, 0>, scratch};
extern const OpDef op_min{"min", check<true>, run<&KernelTable::reduce_min, &KernelTable::reduce_min_int, 0>, scratch};

}  // namespace myelin
