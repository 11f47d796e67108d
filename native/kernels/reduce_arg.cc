// The index of the extreme of the middle axis of [outer, n, inner]: the first one, and a NaN is the most
// extreme.
#include "../simd/reduce.h"
#include "kernels.h"

namespace myelin::MYELIN_NS {
namespace {

struct Greater {
  using Extreme = Max;
  static Mask beats(F32 a, F32 b) { return a > b; }
  static bool beats(int32_t a, int32_t b) { return a > b; }
};
struct Less {
  using Extreme = Min;
  static Mask beats(F32 a, F32 b) { return a < b; }
  static bool beats(int32_t a, int32_t b) { return a < b; }
};

template <class Test>
int32_t first_where(const float* x, int64_t n, Test test) {
  int64_t k = 0;
  while (k + F32::width <= n && !any(test(load(x + k)))) k += F32::width;
  for (; k < n; k++)
    if (any(test(set1(x[k])))) return static_cast<int32_t>(k);
  return 0;
}

template <class Order>
int32_t arg_row(const float* x, int64_t n) {
  const float extreme =
      fold<typename Order::Extreme>(n, [x](int64_t k, auto count) { return load_some(x + k, count); });
  if (extreme != extreme) return first_where(x, n, [](F32 a) { return is_nan(a); });
  return first_where(x, n, [extreme](F32 a) { return a == set1(extreme); });
}

template <class Order, class Count>
void arg_columns(const float* x, int32_t* y, int64_t n, int64_t inner, Count count) {
  F32 best = load_some(x, count);
  I32 index = set1i(0);
  for (int64_t k = 1; k < n; k++) {
    const F32 a = load_some(x + k * inner, count);
    const Mask wins = Order::beats(a, best) | (is_nan(a) & !is_nan(best));
    best = select(wins, a, best);
    index = select(wins, set1i(static_cast<int32_t>(k)), index);
  }
  store_some(y, index, count);
}

template <class Order>
void arg_reduce(const float* x, int32_t* y, int64_t outer, int64_t n, int64_t inner, int64_t columns) {
  for (int64_t o = 0; o < outer; o++, x += n * inner, y += columns) {
    if (inner == 1)
      *y = arg_row<Order>(x, n);
    else
      for_each_vec(columns,
                   [=](int64_t c, auto count) { arg_columns<Order>(x + c, y + c, n, inner, count); });
  }
}

template <class Order>
void arg_reduce_int(const int32_t* x, int32_t* y, int64_t outer, int64_t n, int64_t inner, int64_t columns) {
  for (int64_t o = 0; o < outer; o++, x += n * inner, y += columns) {
    for (int64_t c = 0; c < columns; c++) y[c] = 0;
    for (int64_t k = 1; k < n; k++)
      for (int64_t c = 0; c < columns; c++)
        if (Order::beats(x[k * inner + c], x[y[c] * inner + c])) y[c] = static_cast<int32_t>(k);
  }
}

}  // namespace

void arg_max(const float* x, int32_t* y, int64_t outer, int64_t n, int64_t inner, int64_t columns) {
  arg_reduce<Greater>(x, y, outer, n, inner, columns);
}
void arg_min(const float* x, int32_t* y, int64_t outer, int64_t n, int64_t inner, int64_t columns) {
  arg_reduce<Less>(x, y, outer, n, inner, columns);
}
void arg_max_int(const int32_t* x, int32_t* y, int64_t outer, int64_t n, int64_t inner, int64_t columns) {
  arg_reduce_int<Greater>(x, y, outer, n, inner, columns);
}
void arg_min_int(const int32_t* x, int32_t* y, int64_t outer, int64_t n, int64_t inner, int64_t columns) {
  arg_reduce_int<Less>(x, y, outer, n, inner, columns);
}

}  // namespace myelin::MYELIN_NS
