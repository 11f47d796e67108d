// Batch normalization by columns of [rows, columns], forward and backward in two kernels each: statistics,
// then the element-wise step. Rows are read along, a few at a time, and enter each column's sums in order.
#include "../simd/reduce.h"
#include "kernels.h"

namespace myelin::MYELIN_NS {
namespace {

template <int R>
struct Rows {
  static constexpr int count = R;
};

// Calls f(group, r) for groups of four rows from r on, then of one.
template <class F>
void for_each_rows(int64_t rows, F f) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) f(Rows<4>{}, r);
  for (; r < rows; r++) f(Rows<1>{}, r);
}

void clear(float* y, int64_t n) {
  for_each_vec(n, [=](int64_t c, auto count) { store_some(y + c, zero(), count); });
}

constexpr int64_t kColumnChunk = 256;

// Two passes, and the rounding of the first one's mean is corrected by the second: exact enough for mean >>
// stddev.
void moments_chunk(const float* x, float* mean, float* m2, int64_t rows, int64_t stride, int64_t columns) {
  const F32 n = set1(static_cast<float>(rows));
  float sum[kColumnChunk];
  clear(mean, columns);
  clear(m2, columns);
  clear(sum, columns);
  for_each_rows(rows, [=](auto group, int64_t r) {
    for_each_vec(columns, [=, at = x + r * stride](int64_t c, auto count) {
      F32 total = load_some(mean + c, count);
      for (int i = 0; i < group.count; i++) total = total + load_some(at + i * stride + c, count);
      store_some(mean + c, total, count);
    });
  });
  for_each_vec(columns,
               [=](int64_t c, auto count) { store_some(mean + c, load_some(mean + c, count) / n, count); });
  for_each_rows(rows, [=, &sum](auto group, int64_t r) {
    for_each_vec(columns, [=, &sum, at = x + r * stride](int64_t c, auto count) {
      const F32 center = load_some(mean + c, count);
      F32 total = load_some(sum + c, count);
      F32 square = load_some(m2 + c, count);
      for (int i = 0; i < group.count; i++) {
        const F32 d = load_some(at + i * stride + c, count) - center;
        total = total + d;
        square = fma(d, d, square);
      }
      store_some(sum + c, total, count);
      store_some(m2 + c, square, count);
    });
  });
  for_each_vec(columns, [=, &sum](int64_t c, auto count) {
    const F32 total = load_some(sum + c, count);
    const F32 shift = total / n;
    store_some(mean + c, load_some(mean + c, count) + shift, count);
    store_some(m2 + c, max(fnma(total, shift, load_some(m2 + c, count)), zero()), count);
  });
}

}  // namespace

void column_moments(const float* x, float* mean, float* m2, int64_t rows, int64_t stride, int64_t columns) {
  for (int64_t c = 0; c < columns; c += kColumnChunk)
    moments_chunk(x + c, mean + c, m2 + c, rows, stride,
                  columns - c < kColumnChunk ? columns - c : kColumnChunk);
}

void normalize_scale(const float* x, const float* variance, float* y, int64_t columns, float epsilon) {
  for_each_vec(columns, [=](int64_t c, auto count) {
    store_some(y + c, load_some(x + c, count) / sqrt(load_some(variance + c, count) + set1(epsilon)), count);
  });
}

void normalize(const float* x, const float* mean, const float* scale, const float* beta, float* y,
               int64_t rows, int64_t stride, int64_t columns) {
  for_each_rows(rows, [=](auto group, int64_t r) {
    for_each_vec(columns, [=, from = x + r * stride, to = y + r * stride](int64_t c, auto count) {
      const F32 m = load_some(mean + c, count), s = load_some(scale + c, count),
                b = load_some(beta + c, count);
      for (int i = 0; i < group.count; i++)
        store_some(to + i * stride + c, fma(load_some(from + i * stride + c, count) - m, s, b), count);
    });
  });
}

void normalize_grad_sums(const float* x, const float* mean, const float* dy, float* sum_dy, float* sum_dyx,
                         int64_t rows, int64_t stride, int64_t columns) {
  clear(sum_dy, columns);
  clear(sum_dyx, columns);
  for_each_rows(rows, [=](auto group, int64_t r) {
    for_each_vec(columns, [=, at = r * stride](int64_t c, auto count) {
      const F32 m = load_some(mean + c, count);
      F32 sum = load_some(sum_dy + c, count);
      F32 product = load_some(sum_dyx + c, count);
      for (int i = 0; i < group.count; i++) {
        const F32 g = load_some(dy + at + i * stride + c, count);
        sum = sum + g;
        product = fma(g, load_some(x + at + i * stride + c, count) - m, product);
      }
      store_some(sum_dy + c, sum, count);
      store_some(sum_dyx + c, product, count);
    });
  });
}

void normalize_grad(const float* x, const float* mean, const float* dy, const float* mean_dy,
                    const float* slope, const float* scale, float* dx, int64_t rows, int64_t stride,
                    int64_t columns) {
  for_each_rows(rows, [=](auto group, int64_t r) {
    for_each_vec(columns, [=, at = r * stride](int64_t c, auto count) {
      const F32 m = load_some(mean + c, count), k = load_some(slope + c, count);
      const F32 g = load_some(mean_dy + c, count), s = load_some(scale + c, count);
      for (int i = 0; i < group.count; i++) {
        const int64_t j = at + i * stride + c;
        store_some(dx + j, fnma(load_some(x + j, count) - m, k, load_some(dy + j, count) - g) * s, count);
      }
    });
  });
}

}  // namespace myelin::MYELIN_NS
