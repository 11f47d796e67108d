// softmax and logSoftmax of rows, and their gradients. A row is read while it is in the first-level cache:
// its maximum, then the exponentials and their sum, then the scaling. A row of -infinities gives NaN.
#include "kernels.h"
#include "softmax_row.h"

namespace myelin::MYELIN_NS {

void softmax(const float* x, float* y, int64_t rows, int64_t columns) {
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
