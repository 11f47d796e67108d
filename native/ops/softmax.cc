// softmax, logSoftmax: in x [..., C], out y; along the last axis. softmaxGrad, logSoftmaxGrad: in y, dy, out
// dx.
#include "op.h"

namespace myelin {
namespace {

constexpr int64_t kGrain = 4096;  // elements that are worth a thread: an exponential each
constexpr int64_t kGradGrain = 16384;

bool is_like(const View& a, const View& b) { return a.is_float() && same_shape(a, b); }

const char* check(const OpArgs& a) {
  if (a.ins != 1 || a.outs != 1 || a.attr_count != 0) return "expects one input and one output";
  if (!a.in[0].is_float() || a.in[0].rank < 1) return "the input must be float32 of rank 1 or more";
  if (!is_like(a.out[0], a.in[0])) return "the output must be like the input";
  return nullptr;
}

const char* check_grad(const OpArgs& a) {
  if (a.ins != 2 || a.outs != 1 || a.attr_count != 0)
    return "expects the output, its gradient, and one output";
  if (!a.in[0].is_float() || a.in[0].rank < 1) return "the output must be float32 of rank 1 or more";
  if (!is_like(a.in[1], a.in[0]) || !is_like(a.out[0], a.in[0]))
    return "the gradient must be like the output";
  return nullptr;
}

template <RowMap* KernelTable::*kernel>
const char* run(const OpArgs& a, Context& ctx) {
  const int64_t columns = a.in[0].dim(-1);
  if (a.in[0].size() == 0) return nullptr;
  const float* x = a.in[0].f32();
  float* y = a.out[0].f32();
  ctx.for_range(a.in[0].size() / columns, kGrain / columns + 1, [&](int64_t begin, int64_t end) {
    (ctx.kernels.*kernel)(x + begin * columns, y + begin * columns, end - begin, columns);
  });
  return nullptr;
}

template <RowMapGrad* KernelTable::*kernel>
const char* run_grad(const OpArgs& a, Context& ctx) {
  const int64_t columns = a.in[0].dim(-1);
  if (a.in[0].size() == 0) return nullptr;
  ctx.for_range(a.in[0].size() / columns, kGradGrain / columns + 1, [&](int64_t begin, int64_t end) {
    const int64_t at = begin * columns;
    (ctx.kernels.*kernel)(a.in[0].f32() + at, a.in[1].f32() + at, a.out[0].f32() + at, end - begin, columns);
  });
  return nullptr;
}

}  // namespace

extern const OpDef op_softmax{"softmax", check, run<&KernelTable::softmax>};
extern const OpDef op_logSoftmax{"logSoftmax", check, run<&KernelTable::log_softmax>};
extern const OpDef op_softmaxGrad{"softmaxGrad", check_grad, run_grad<&KernelTable::softmax_grad>};
extern const OpDef op_logSoftmaxGrad{"logSoftmaxGrad", check_grad, run_grad<&KernelTable::log_softmax_grad>};

}  // namespace myelin
