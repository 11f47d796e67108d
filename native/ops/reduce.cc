// sum, prod, max, min, sumSquares: in x; out the reduction of the middle axis of x seen as [outer, n, inner]. attrs
// [outer, n, inner].
#include "../runtime/scratch.h"
#include "op.h"
#include "reduce_shape.h"

namespace myelin {
namespace {

constexpr int64_t kRowBlock = 8192;    // elements of a row reduced in one go
constexpr int64_t kColumnBlock = 256;  // rows of columns reduced in one go
constexpr int64_t kColumnGroup = 256;
constexpr int64_t kGrain = 32768;  // elements that are worth a thread

template <class T>
void fill(T* y, int64_t n, T value) {
  for (int64_t i = 0; i < n; i++) y[i] = value;
}

// Blocks are reduced on their own and then with one another, in as many rounds as it takes: what is added to
// what depends on the sizes only, and no sum has more than a block's terms one after the other.
// `join` joins what `kernel` has made of the blocks.
template <class T>
void reduce(const T* x, T* y, ReduceShape s, Reduce<T>* kernel, Reduce<T>* join, Context& ctx) {
  const int64_t block = s.inner == 1 ? kRowBlock : kColumnBlock;
  const int64_t blocks = (s.n + block - 1) / block;
  const int64_t groups = (s.inner + kColumnGroup - 1) / kColumnGroup;
  if (blocks == 1 && groups == 1) {
    ctx.pool.for_range(s.outer, kGrain / (s.n * s.inner) + 1, [&](int64_t begin, int64_t end) {
      kernel(x + begin * s.n * s.inner, y + begin * s.inner, end - begin, s.n, s.inner, s.inner);
    });
    return;
  }

  const auto reduce_parts = [&](T* to) {
    const int64_t part = (s.n < block ? s.n : block) * (s.inner < kColumnGroup ? s.inner : kColumnGroup);
    ctx.pool.for_range(s.outer * blocks * groups, kGrain / part + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        // Blocks of rows come first: the last one may be small, and threads had better share the columns.
        const int64_t b = i % blocks;
        const int64_t c = i / blocks % groups * kColumnGroup;
        const int64_t o = i / blocks / groups;
        const int64_t rows = s.n - b * block < block ? s.n - b * block : block;
        const int64_t columns = s.inner - c < kColumnGroup ? s.inner - c : kColumnGroup;
        kernel(x + (o * s.n + b * block) * s.inner + c, to + (o * blocks + b) * s.inner + c, 1, rows, s.inner,
               columns);
      }
    });
  };
  if (blocks == 1) return reduce_parts(y);
  const Scratch partials(static_cast<size_t>(s.outer * blocks * s.inner) * sizeof(T));
  reduce_parts(partials.as<T>());
  reduce<T>(partials.as<T>(), y, {s.outer, blocks, s.inner}, join, join, ctx);
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

extern const OpDef op_sumSquares{"sumSquares", check_squares, run_squares};
extern const OpDef op_sum{"sum", check<false>,
                          run<&KernelTable::reduce_sum, &KernelTable::reduce_sum_int, 0>};
extern const OpDef op_prod{"prod", check<false>,
                           run<&KernelTable::reduce_prod, &KernelTable::reduce_prod_int, 1>};
extern const OpDef op_max{"max", check<true>, run<&KernelTable::reduce_max, &KernelTable::reduce_max_int, 0>};
extern const OpDef op_min{"min", check<true>, run<&KernelTable::reduce_min, &KernelTable::reduce_min_int, 0>};

}  // namespace myelin
