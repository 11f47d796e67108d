// Softmax cross-entropy of logits, jointly, so that a loss never takes the logarithm of a rounded
// probability.
#include "kernels.h"
#include "softmax_row.h"

namespace myelin::MYELIN_NS {
// loss = log(sum of exp(x - highest)) - (x[label] - highest)
void sparse_softmax_cross_entropy(const float* logits, const int32_t* labels, float* loss, float* probs,
                                  int64_t rows, int64_t columns) {
  constexpr int64_t kRows = 64;  // whose logarithms are taken together
  for (int64_t first = 0; first < rows; first += kRows) {
    const int64_t chunk = rows - first < kRows ? rows - first : kRows;
    float shifted[kRows];
    for (int64_t r = 0; r < chunk; r++, logits += columns, probs += columns) {
      const RowSum row = softmax_row(logits, probs, columns);
      shifted[r] = logits[labels[first + r]] - row.highest;
      loss[first + r] = row.sum;
    }
    for_each_vec(chunk, [=, &shifted](int64_t r, auto count) {
      store_some(loss + first + r, log(load_some(loss + first + r, count)) - load_some(shifted + r, count),
                 count);
    });
  }
}

// dlogits = (probs - onehot) * dloss
void sparse_softmax_cross_entropy_grad(const float* probs, const int32_t* labels, const float* dloss,
                                       float* dlogits, int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, probs += columns, dlogits += columns) {
    const float at_label = (probs[labels[r]] - 1.0f) * dloss[r];
    const F32 scale = set1(dloss[r]);
    for_each_vec(columns, [=](int64_t c, auto count) {
      store_some(dlogits + c, load_some(probs + c, count) * scale, count);
    });
    dlogits[labels[r]] = at_label;
  }
}

// loss = sum of target * (log(sum of exp(x - highest)) - (x - highest)); what no target asks for adds 0, also where its
// logit is infinite
void softmax_cross_entropy(const float* logits, const float* targets, float* loss, float* probs, int64_t rows,
                           int64_t columns) {
  for (int64_t r = 0; r < rows; r++, logits += columns, targets += columns, probs += columns) {
    const RowSum row = softmax_row(logits, probs, columns);
    const F32 highest = set1(row.highest);
    const F32 log_sum = log(set1(row.sum));
    loss[r] = fold<Sum>(columns, [=](int64_t c, auto count) {
      const F32 target = load_some(targets + c, count);
      return select(target == zero(), zero(), target * (log_sum - (load_some(logits + c, count) - highest)));
    });
  }
}

// dlogits = (probs * sum of targets - target) * dloss
void softmax_cross_entropy_grad(const float* probs, const float* targets, const float* dloss, float* dlogits,
                                int64_t rows, int64_t columns) {
  for (int64_t r = 0; r < rows; r++, probs += columns, targets += columns, dlogits += columns) {
    const F32 sum =
        set1(fold<Sum>(columns, [=](int64_t c, auto count) { return load_some(targets + c, count); }));
    const F32 scale = set1(dloss[r]);
    for_each_vec(columns, [=](int64_t c, auto count) {
      store_some(dlogits + c, fms(load_some(probs + c, count), sum, load_some(targets + c, count)) * scale,
                 count);
    });
  }
}

}  // namespace myelin::MYELIN_NS
