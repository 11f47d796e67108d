// Layer normalization of rows, forward and backward. A row is read several times while it is in the first-level
// cache. Rows enter dgamma and dbeta in order.
#include "../simd/reduce.h"
#include "kernels.h"

namespace myelin::MYELIN_NS {

// The rounding of a first mean is taken out by the mean of what is left, and the squares are those of a second pass: exact
// enough for mean >> stddev.
void layer_norm(const float* x, const float* gamma, const float* beta, float* y, float* mean, float* scale,
                int64_t rows, int64_t columns, float epsilon) {
  const float n = static_cast<float>(columns);
  for (int64_t r = 0; r < rows; r++, x += columns, y += columns) {
    const float first =
        fold<Sum>(columns, [=](int64_t c, auto count) { return load_some(x + c, count); }) / n;
    const float shift =
        fold<Sum>(columns, [=](int64_t c, auto count) { return load_some(x + c, count) - set1(first); }) / n;
    mean[r] = first + shift;
    const F32 m = set1(mean[r]);
    const float m2 = fold<Sum>(columns, [=](int64_t c, auto count) {
      const F32 d = load_some(x + c, count) - m;
      return d * d;
    });
    const F32 s = set1(1.0f) / sqrt(set1(m2 / n + epsilon));
    store_n(scale + r, s, 1);
    for_each_vec(columns, [=](int64_t c, auto count) {
      const F32 h = (load_some(x + c, count) - m) * s;
      store_some(y + c, fma(h, load_some(gamma + c, count), load_some(beta + c, count)), count);
    });
  }
}

void layer_norm_grad(const float* x, const float* mean, const float* scale, const float* gamma,
                     const float* dy, float* dx, float* dgamma, float* dbeta, int64_t rows, int64_t columns) {
  const float n = static_cast<float>(columns);
  for_each_vec(columns, [=](int64_t c, auto count) {
    store_some(dgamma + c, zero(), count);
    store_some(dbeta + c, zero(), count);
  });
  for (int64_t r = 0; r < rows; r++, x += columns, dy += columns, dx += columns) {
    const F32 m = set1(mean[r]), s = set1(scale[r]);
    const auto normalized = [=](int64_t c, auto count) { return (load_some(x + c, count) - m) * s; };
    const F32 mean_g = set1(fold<Sum>(columns,
                                      [=](int64_t c, auto count) {
                                        return load_some(dy + c, count) * load_some(gamma + c, count);
                                      }) /
                            n);
    const F32 mean_gh =
        set1(fold<Sum>(columns,
                       [=](int64_t c, auto count) {
                         return load_some(dy + c, count) * load_some(gamma + c, count) * normalized(c, count);
                       }) /
             n);
    for_each_vec(columns, [=](int64_t c, auto count) {
      const F32 d = load_some(dy + c, count), h = normalized(c, count);
      store_some(dgamma + c, fma(d, h, load_some(dgamma + c, count)), count);
      store_some(dbeta + c, load_some(dbeta + c, count) + d, count);
      store_some(dx + c, fnma(h, mean_gh, d * load_some(gamma + c, count) - mean_g) * s, count);
    });
  }
}

}  // namespace myelin::MYELIN_NS
