// sum, prod, max, min, sumSquares: in x; out the reduction of the middle axis of x seen as [outer, n, inner]. attrs
// [outer, n, inner]. sum and prod of int32, uint8 and bool are int32 and exact: what does not fit is refused.
#include "reduce_blocks.h"
#include "reduce_shape.h"

namespace myelin {
namespace {

template <class T>
void fill(T* y, int64_t n, T value) {
  for (int64_t i = 0; i < n; i++) y[i] = value;
}

ReduceShape shape_of(const OpArgs& a) {
  ReduceShape s;
  reduce_shape(a, &s);
  return s;
}

const char* check_extreme(const OpArgs& a) {
  ReduceShape s;
  if (const char* wrong = reduce_shape(a, &s)) return wrong;
  const View &x = a.in[0], &y = a.out[0];
  if (!x.is_float() && x.dtype != DType::kInt32) return "the input must be float32 or int32";
  if (x.dtype != y.dtype) return "the result must have the input's dtype";
  if (s.n == 0 && s.outer * s.inner > 0) return "there is no maximum or minimum of zero elements";
  return nullptr;
}

ScratchSize extreme_scratch(const OpArgs& a, const Context&) { return {reduce_scratch<float>(shape_of(a))}; }

template <ReduceFloat* KernelTable::*float_kernel, ReduceInt* KernelTable::*int_kernel>
const char* run_extreme(const OpArgs& a, Context& ctx) {
  const ReduceShape s = shape_of(a);
  const View &x = a.in[0], &y = a.out[0];
  if (s.outer * s.inner == 0) return nullptr;
  if (x.is_float())
    reduce(x.f32(), y.f32(), s, ctx.kernels.*float_kernel, ctx.kernels.*float_kernel, ctx);
  else
    reduce(x.i32(), y.i32(), s, ctx.kernels.*int_kernel, ctx.kernels.*int_kernel, ctx);
  return nullptr;
}

const char* check_total(const OpArgs& a) {
  ReduceShape s;
  if (const char* wrong = reduce_shape(a, &s)) return wrong;
  const DType wanted = a.in[0].is_float() ? DType::kFloat32 : DType::kInt32;
  return a.out[0].dtype == wanted ? nullptr : "the result must be float32, or int32 of whole numbers";
}

// Whole numbers have totals in int64 before they become int32.
ScratchSize total_scratch(const OpArgs& a, const Context&) {
  const ReduceShape s = shape_of(a);
  if (a.in[0].is_float()) return {reduce_scratch<float>(s)};
  return {scratch_bytes<int64_t>(s.outer * s.inner) + reduce_scratch<int64_t>(s)};
}

// The kernels of a sum or product.
struct Total {
  const char* name;
  ReduceFloat* KernelTable::*of_floats;
  ReduceIntWide* KernelTable::*of_ints;
  ReduceByteWide* KernelTable::*of_bytes;
  ReduceWide* KernelTable::*of_totals;
  int of_none;
};

constexpr Total kSum{"sum",
                     &KernelTable::reduce_sum,
                     &KernelTable::reduce_sum_int,
                     &KernelTable::reduce_sum_byte,
                     &KernelTable::reduce_sum_wide,
                     0};
constexpr Total kProd{"product",
                      &KernelTable::reduce_prod,
                      &KernelTable::reduce_prod_int,
                      &KernelTable::reduce_prod_byte,
                      &KernelTable::reduce_prod_wide,
                      1};

const char* narrow(const int64_t* totals, int32_t* y, int64_t n, const char* name) {
  for (int64_t i = 0; i < n; i++) {
    if (totals[i] < INT32_MIN || totals[i] > INT32_MAX)
      return words("a %s of whole numbers is too large for int32; cast them to float32 first", name);
    y[i] = static_cast<int32_t>(totals[i]);
  }
  return nullptr;
}

template <const Total& total>
const char* run_total(const OpArgs& a, Context& ctx) {
  const ReduceShape s = shape_of(a);
  const View &x = a.in[0], &y = a.out[0];
  const int64_t size = s.outer * s.inner;
  if (size == 0) return nullptr;
  const KernelTable& k = ctx.kernels;
  if (s.n == 0) {
    if (x.is_float())
      fill<float>(y.f32(), size, total.of_none);
    else
      fill<int32_t>(y.i32(), size, total.of_none);
    return nullptr;
  }
  if (x.is_float()) {
    reduce(x.f32(), y.f32(), s, k.*total.of_floats, k.*total.of_floats, ctx);
    return nullptr;
  }
  int64_t* const totals = ctx.shared<int64_t>(size);
  if (x.dtype == DType::kInt32)
    reduce(x.i32(), totals, s, k.*total.of_ints, k.*total.of_totals, ctx);
  else
    reduce(x.u8(), totals, s, k.*total.of_bytes, k.*total.of_totals, ctx);
  return narrow(totals, y.i32(), size, total.name);
}

const char* check_squares(const OpArgs& a) {
  ReduceShape s;
  if (const char* wrong = reduce_shape(a, &s)) return wrong;
  return a.in[0].is_float() && a.out[0].is_float() ? nullptr : "the input and the result must be float32";
}

const char* run_squares(const OpArgs& a, Context& ctx) {
  const ReduceShape s = shape_of(a);
  if (s.n == 0)
    fill<float>(a.out[0].f32(), s.outer * s.inner, 0);
  else if (s.outer * s.inner > 0)
    reduce(a.in[0].f32(), a.out[0].f32(), s, ctx.kernels.sum_squares, ctx.kernels.reduce_sum, ctx);
  return nullptr;
}

}  // namespace

extern const OpDef op_sumSquares{"sumSquares", check_squares, run_squares, extreme_scratch};
extern const OpDef op_sum{"sum", check_total, run_total<kSum>, total_scratch};
extern const OpDef op_prod{"prod", check_total, run_total<kProd>, total_scratch};
extern const OpDef op_max{"max", check_extreme,
                          run_extreme<&KernelTable::reduce_max, &KernelTable::reduce_max_int>,
                          extreme_scratch};
extern const OpDef op_min{"min", check_extreme,
                          run_extreme<&KernelTable::reduce_min, &KernelTable::reduce_min_int>,
                          extreme_scratch};

}  // namespace myelin
