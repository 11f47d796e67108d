// Sum, product, maximum, minimum and sum of squares of the middle axis of [outer, n, inner].
#include "../simd/reduce.h"
#include "kernels.h"

namespace myelin::MYELIN_NS {
namespace {

template <bool squared, class Count>
F32 term(const float* x, Count count) {
  const F32 a = load_some(x, count);
  return squared ? a * a : a;
}

// V vectors of columns (the last lanes of a Part cut off), rows joined in order.
template <class Op, bool squared, int V, class Count>
void column_tile(const float* x, float* y, int64_t n, int64_t inner, Count count) {
  F32 total[V];
  for (int v = 0; v < V; v++) total[v] = term<squared>(x + v * F32::width, count);
  for (int64_t k = 1; k < n; k++) {
    x += inner;
    for (int v = 0; v < V; v++) total[v] = Op::join(total[v], term<squared>(x + v * F32::width, count));
  }
  for (int v = 0; v < V; v++) store_some(y + v * F32::width, total[v], count);
}

template <class Op, bool squared = false>
void reduce(const float* x, float* y, int64_t outer, int64_t n, int64_t inner, int64_t columns) {
  constexpr int W = F32::width;
  for (int64_t o = 0; o < outer; o++, x += n * inner, y += columns) {
    if (inner == 1) {
      *y = fold<Op>(n, [x](int64_t k, auto count) { return term<squared>(x + k, count); });
      continue;
    }
    int64_t c = 0;
    for (; c + 8 * W <= columns; c += 8 * W) column_tile<Op, squared, 8>(x + c, y + c, n, inner, Whole{});
    for (; c + 2 * W <= columns; c += 2 * W) column_tile<Op, squared, 2>(x + c, y + c, n, inner, Whole{});
    for (; c + W <= columns; c += W) column_tile<Op, squared, 1>(x + c, y + c, n, inner, Whole{});
    if (c < columns) column_tile<Op, squared, 1>(x + c, y + c, n, inner, Part{static_cast<int>(columns - c)});
  }
}

// The order of whole numbers does not matter, so plain loops do, which the compiler vectorizes.
struct IntSum {
  static int64_t join(int64_t a, int64_t b) { return a + b; }
};
// Products beyond int32 stay there, unless a 0 comes: one number beyond stands for all.
struct IntProd {
  static int64_t join(int64_t a, int64_t b) {
    constexpr int64_t kBeyond = (int64_t{1} << 31) + 1;
    const int64_t product = a * b;
    return product > kBeyond ? kBeyond : product < -kBeyond ? -kBeyond : product;
  }
};
struct IntMax {
  static int32_t join(int32_t a, int32_t b) { return a > b ? a : b; }
};
struct IntMin {
  static int32_t join(int32_t a, int32_t b) { return a < b ? a : b; }
};

template <class Op, class T, class Out>
void reduce_int(const T* x, Out* y, int64_t outer, int64_t n, int64_t inner, int64_t columns) {
  for (int64_t o = 0; o < outer; o++, x += n * inner, y += columns) {
    if (inner == 1) {
      Out total = x[0];
      for (int64_t k = 1; k < n; k++) total = Op::join(total, x[k]);
      *y = total;
      continue;
    }
    for (int64_t c = 0; c < columns; c++) y[c] = x[c];
    for (int64_t k = 1; k < n; k++)
      for (int64_t c = 0; c < columns; c++) y[c] = Op::join(y[c], x[k * inner + c]);
  }
}

}  // namespace

#define REDUCE(name, T, Out, function)                                                      \
  void name(const T* x, Out* y, int64_t outer, int64_t n, int64_t inner, int64_t columns) { \
    function(x, y, outer, n, inner, columns);                                               \
  }
REDUCE(reduce_sum, float, float, reduce<Sum>)
REDUCE(reduce_prod, float, float, reduce<Prod>)
REDUCE(reduce_max, float, float, reduce<Max>)
REDUCE(reduce_min, float, float, reduce<Min>)
REDUCE(reduce_sum_int, int32_t, int64_t, reduce_int<IntSum>)
REDUCE(reduce_sum_byte, uint8_t, int64_t, reduce_int<IntSum>)
REDUCE(reduce_sum_wide, int64_t, int64_t, reduce_int<IntSum>)
REDUCE(reduce_prod_int, int32_t, int64_t, reduce_int<IntProd>)
REDUCE(reduce_prod_byte, uint8_t, int64_t, reduce_int<IntProd>)
REDUCE(reduce_prod_wide, int64_t, int64_t, reduce_int<IntProd>)
REDUCE(reduce_max_int, int32_t, int32_t, reduce_int<IntMax>)
REDUCE(reduce_min_int, int32_t, int32_t, reduce_int<IntMin>)
#undef REDUCE

// The sum of squares, each rounded before it is added: the bits are those of squaring first.
void sum_squares(const float* x, float* y, int64_t outer, int64_t n, int64_t inner, int64_t columns) {
  reduce<Sum, true>(x, y, outer, n, inner, columns);
}

void penalized_squares(const float* g, const float* w, float coefficient, float* y, int64_t n) {
  const F32 c = set1(coefficient);
  *y = fold<Sum>(n, [=](int64_t k, auto count) {
    const F32 a = load_some(g + k, count) + load_some(w + k, count) * c;
    return a * a;
  });
}

}  // namespace myelin::MYELIN_NS
