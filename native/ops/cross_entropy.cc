// Softmax cross-entropy of logits [N, C].
//   sparseSoftmaxCrossEntropy: logits, labels [N] -> loss [N], probs [N, C]     ...Grad: probs, labels, dloss
//   [N] -> dlogits softmaxCrossEntropy: logits, targets [N, C] -> loss [N], probs [N, C]       ...Grad:
//   probs, targets, dloss [N] -> dlogits
// Labels are int32, uint8, or float32 that holds whole numbers.
#include <cmath>

#include "element.h"
#include "words.h"

namespace myelin {
namespace {

constexpr int64_t kGrain = 4096;  // elements that are worth a thread: an exponential each
constexpr int64_t kGradGrain = 16384;

bool is_rows(const View& v, int64_t rows) { return v.rank == 1 && v.dims[0] == rows; }

// The first input is [N, C]; every float view is one of these two shapes.
template <bool sparse, bool grad>
const char* check(const OpArgs& a) {
  if (a.ins != (grad ? 3 : 2) || a.outs != (grad ? 1 : 2) || a.attr_count != 0)
    return grad ? "expects three inputs and one output" : "expects two inputs and two outputs";
  const View& x = a.in[0];
  if (!x.is_float() || x.rank != 2) return "logits and probabilities must be float32 of rank 2";
  if (x.dims[0] > 0 && (x.dims[1] < 1 || x.dims[1] > INT32_MAX)) return "there must be 1 to 2^31 - 1 classes";
  const View& y = a.in[1];
  if (sparse) {
    if (!is_rows(y, x.dims[0])) return "labels must have one element a row of the logits";
    if (y.dtype == DType::kBool) return "labels must be int32, uint8 or float32";
  } else if (!y.is_float() || !same_shape(x, y)) {
    return "targets must be float32 and shaped like the logits";
  }
  const View& loss = grad ? a.in[2] : a.out[0];
  const View& full = grad ? a.out[0] : a.out[1];
  if (!loss.is_float() || !is_rows(loss, x.dims[0])) return "the loss must be float32, one element a row";
  if (!full.is_float() || !same_shape(x, full)) return "the output must be like the first input";
  return nullptr;
}

// Labels as int32, every one checked against [0, classes); false if one is wrong. int32 labels are used where
// they are.
bool read_labels(const View& labels, int64_t classes, int32_t* copy) {
  const int64_t n = labels.size();
  bool valid = true;
  if (labels.dtype == DType::kInt32) {
    const int32_t* from = labels.i32();
    for (int64_t i = 0; i < n; i++) valid &= from[i] >= 0 && from[i] < classes;
  } else if (labels.dtype == DType::kUint8) {
    for (int64_t i = 0; i < n; i++) {
      copy[i] = labels.u8()[i];
      valid &= copy[i] < classes;
    }
  } else {
    for (int64_t i = 0; i < n; i++) {
      const float label = labels.f32()[i];
      const bool whole =
          label >= 0.0f && label < 2147483648.0f && label == static_cast<float>(static_cast<int32_t>(label));
      copy[i] = whole ? static_cast<int32_t>(label) : 0;
      valid &= whole && copy[i] < classes;
    }
  }
  return valid;
}

// Which label read_labels refused, in words.
const char* wrong_label(const View& labels, int64_t classes) {
  for (int64_t i = 0; i < labels.size(); i++) {
    const double label = element_at(labels, i);
    if (label >= 0 && label < static_cast<double>(classes) && label == std::floor(label)) continue;
    return words("label %g of sample %lld is no class: with %lld classes labels are whole numbers from 0 to %lld. "
                 "Are there enough units in the last layer?",
                 label, static_cast<long long>(i), static_cast<long long>(classes), static_cast<long long>(classes - 1));
  }
  return "a label changed while it was read";
}

template <bool grad>
const char* run_sparse(const OpArgs& a, Context& ctx) {
  const int64_t rows = a.in[0].dims[0];
  const int64_t columns = a.in[0].dims[1];
  if (rows == 0) return nullptr;
  const bool in_place = a.in[1].dtype == DType::kInt32;
  int32_t* const copy = in_place ? nullptr : ctx.shared<int32_t>(rows);
  if (!read_labels(a.in[1], columns, copy)) return wrong_label(a.in[1], columns);
  const int32_t* labels = in_place ? a.in[1].i32() : copy;
  ctx.for_range(rows, (grad ? kGradGrain : kGrain) / columns + 1, [&](int64_t begin, int64_t end) {
    const float* x = a.in[0].f32() + begin * columns;
    if (grad)
      ctx.kernels.sparse_softmax_cross_entropy_grad(x, labels + begin, a.in[2].f32() + begin,
                                                    a.out[0].f32() + begin * columns, end - begin, columns);
    else
      ctx.kernels.sparse_softmax_cross_entropy(x, labels + begin, a.out[0].f32() + begin,
                                               a.out[1].f32() + begin * columns, end - begin, columns);
  });
  return nullptr;
}

ScratchSize sparse_scratch(const OpArgs& a, const Context&) {
  return {a.in[1].dtype == DType::kInt32 ? 0 : scratch_bytes<int32_t>(a.in[0].dims[0])};
}

template <bool grad>
const char* run_dense(const OpArgs& a, Context& ctx) {
  const int64_t rows = a.in[0].dims[0];
  const int64_t columns = a.in[0].dims[1];
  if (rows == 0) return nullptr;
  ctx.for_range(rows, (grad ? kGradGrain : kGrain) / columns + 1, [&](int64_t begin, int64_t end) {
    const float* x = a.in[0].f32() + begin * columns;
    const float* targets = a.in[1].f32() + begin * columns;
    if (grad)
      ctx.kernels.softmax_cross_entropy_grad(x, targets, a.in[2].f32() + begin,
                                             a.out[0].f32() + begin * columns, end - begin, columns);
    else
      ctx.kernels.softmax_cross_entropy(x, targets, a.out[0].f32() + begin, a.out[1].f32() + begin * columns,
                                        end - begin, columns);
  });
  return nullptr;
}

}  // namespace

extern const OpDef op_sparseSoftmaxCrossEntropy{"sparseSoftmaxCrossEntropy", check<true, false>,
                                                run_sparse<false>, sparse_scratch};
extern const OpDef op_sparseSoftmaxCrossEntropyGrad{"sparseSoftmaxCrossEntropyGrad", check<true, true>,
                                                    run_sparse<true>, sparse_scratch};
extern const OpDef op_softmaxCrossEntropy{"softmaxCrossEntropy", check<false, false>, run_dense<false>};
extern const OpDef op_softmaxCrossEntropyGrad{"softmaxCrossEntropyGrad", check<false, true>, run_dense<true>};

}  // namespace myelin
