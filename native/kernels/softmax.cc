// softmax and logSoftmax of rows, and their gradients. A row is read while it is in the first-level cache:
// its maximum, then the exponentials, their sum, and the scaling. A row of -infinities gives NaN.
#include "kernels.h"
#include "softmax_row.h"

namespace myelin::MYELIN_NS {

namespace {

constexpr int64_t kRelayed = 2048;  // columns; four rows of them stay in the first-level cache

// The exponentials of a row. They keep the processor computing, so that it can meanwhile read the row behind, for its
// maximum, which is returned, and scale the row before.
template <bool kBefore>
float exponentiate(const float* x, float* y, int64_t n, float highest, const float* behind, float* before,
                   F32 scale) {
  constexpr int W = F32::width, kTogether = 4;
  const F32 high = set1(highest);
  F32 top = load(behind + n - W), v[kTogether];
  int64_t c = 0;
  for (; c + kTogether * W <= n; c += kTogether * W) {
    each<kTogether>([&](int i) MYELIN_INLINE_LAMBDA {
      top = at_least(load(behind + c + i * W), top);
      v[i] = load(x + c + i * W) - high;
    });
    exp_low_each(v);
    each<kTogether>([&](int i) MYELIN_INLINE_LAMBDA {
      store(y + c + i * W, v[i]);
      if constexpr (kBefore) store(before + c + i * W, load(before + c + i * W) * scale);
    });
  }
  for (; c < n; c += W) {
    const Part part = {static_cast<int>(n - c < W ? n - c : W)};
    if (part.n == W) top = at_least(load(behind + c), top);
    store_some(y + c, exp_low(load_some(x + c, part) - high), part);
    if constexpr (kBefore) store_some(before + c, load_some(before + c, part) * scale, part);
  }
  return fold_lanes<RowMax>(top);
}

// softmax_row for each of several rows of more than kLanes columns.
void softmax_relayed(const float* x, float* y, int64_t rows, int64_t n) {
  float highest = row_max(x, n);
  F32 scale = zero();
  for (int64_t r = 0; r < rows; r++, x += n, y += n) {
    const float* behind = r + 1 < rows ? x + n : x;
    const float next = r == 0 ? exponentiate<false>(x, y, n, highest, behind, nullptr, scale)
                              : exponentiate<true>(x, y, n, highest, behind, y - n, scale);
    scale = set1(1.0f / fold<Sum>(n, [=](int64_t c, auto count) { return load_some(y + c, count); }));
    highest = next;
  }
  for_each_vec(
      n, [=](int64_t c, auto count) { store_some(y - n + c, load_some(y - n + c, count) * scale, count); });
}

}  // namespace

void softmax(const float* x, float* y, int64_t rows, int64_t columns) {
  if (rows > 1 && columns > kLanes && columns <= kRelayed) {
    softmax_relayed(x, y, rows, columns);
    return;
  }
  for (int64_t r = 0; r < rows; r++, x += columns, y += columns) softmax_row(x, y, columns);
}

void log_softmax(const float* x, float* y, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, x += columns, y += columns) {
    const F32 highest = set1(row_max(x, columns));
    const float sum =
        fold<Sum>(columns, [=](int64_t c, auto count) { return exp_low(load_some(x + c, count) - highest); });
    const F32 log_sum = log(set1(sum));
    for_each_vec(columns, [=](int64_t c, auto count) {
      store_some(y + c, (load_some(x + c, count) - highest) - log_sum, count);
    });
  }
}

// dx = y * (dy - sum of y * dy)
void softmax_grad(const float* y, const float* dy, float* dx, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, y += columns, dy += columns, dx += columns) {
    const F32 dot = set1(fold<Sum>(
        columns, [=](int64_t c, auto count) { return load_some(y + c, count) * load_some(dy + c, count); }));
    for_each_vec(columns, [=](int64_t c, auto count) {
      store_some(dx + c, load_some(y + c, count) * (load_some(dy + c, count) - dot), count);
    });
  }
}

// dx = dy - exp(y) * sum of dy
void log_softmax_grad(const float* y, const float* dy, float* dx, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, y += columns, dy += columns, dx += columns) {
    const F32 sum = set1(fold<Sum>(columns, [=](int64_t c, auto count) { return load_some(dy + c, count); }));
    for_each_vec(columns, [=](int64_t c, auto count) {
      store_some(dx + c, fnma(exp(load_some(y + c, count)), sum, load_some(dy + c, count)), count);
    });
  }
}

}  // namespace myelin::MYELIN_NS
