// matmulUpdate: a matrix product that is a parameter's gradient, and the parameter's update, tile by tile: the gradient
// is not written to memory. Bits are those of matmul followed by the update. in: a [m, k], b [k, n], the parameter
// [m, n] and its slots, which are changed; there is no output. attrs: transposeA, transposeB (a is [k, m], b is [n, k]),
// a Rule, its numbers.
#include "../blas/sgemm.h"
#include "update_rule.h"
#include "words.h"

namespace myelin {
namespace {

constexpr int kFirstNumber = 3;
constexpr int kParameter = 2;  // the first input that is changed

const char* check(const OpArgs& args) {
  if (args.ins < 3 || args.outs != 0 || args.attr_count < kFirstNumber)
    return "expects a, b, a parameter and its slots, no output, and at least three attributes";
  if (!whole_attr(args, 0, 0, 1) || !whole_attr(args, 1, 0, 1)) return "transposeA and transposeB must be 0 or 1";
  if (!whole_attr(args, 2, 0, kRules - 1)) return "the rule is unknown";
  const Rule rule = static_cast<Rule>(args.attr_int(2));
  if (args.attr_count != kFirstNumber + update_numbers(rule)) return "has the wrong number of attributes for the rule";
  if (const char* wrong = check_update_numbers(rule, args.attrs + kFirstNumber)) return wrong;
  if (args.ins != 3 + update_step(rule, args.attrs + kFirstNumber).slots)
    return "the parameter needs the optimizer's slots";

  for (int i = 0; i < args.ins; i++)
    if (!args.in[i].is_float() || args.in[i].rank != 2) return "all inputs must be float32 matrices";
  const View &a = args.in[0], &b = args.in[1], &w = args.in[kParameter];
  const bool ta = args.attr_int(0) != 0, tb = args.attr_int(1) != 0;
  if (a.dim(ta ? 0 : 1) != b.dim(tb ? 1 : 0)) return "inner dimensions differ";
  if (w.dim(0) != a.dim(ta ? 1 : 0) || w.dim(1) != b.dim(tb ? 0 : 1)) return "the parameter must be of the product's shape";
  for (int i = kParameter; i < args.ins; i++) {
    if (!same_shape(args.in[i], w)) return "a slot is not of its parameter's shape";
    for (int j = 0; j < i; j++)
      if (overlap(args.in[i], args.in[j])) return "what is changed must not share memory with another input";
  }
  return nullptr;
}

struct Target {
  Update* kernel;
  const UpdateStep& step;
  float* state[1 + kMostSlots];
  int64_t n;
};

void update_tile(void* context, float* tile, int64_t ld, int64_t row, int64_t col, int64_t rows, int64_t cols) {
  const Target& target = *static_cast<const Target*>(context);
  for (int64_t r = 0; r < rows; r++) {
    float* state[1 + kMostSlots];
    for (int s = 0; s <= target.step.slots; s++) state[s] = target.state[s] + (row + r) * target.n + col;
    target.kernel(state, tile + r * ld, cols, target.step.scalars);
  }
}

const char* run(const OpArgs& args, Context& ctx) {
  const View &a = args.in[0], &b = args.in[1], &w = args.in[kParameter];
  const UpdateStep step = update_step(static_cast<Rule>(args.attr_int(2)), args.attrs + kFirstNumber);
  Target target = {ctx.kernels.*step.kernel, step, {}, w.dim(1)};
  for (int s = 0; s <= step.slots; s++) target.state[s] = args.in[kParameter + s].f32();

  GemmProduct p;
  p.ta = args.attr_int(0) != 0;
  p.tb = args.attr_int(1) != 0;
  p.m = w.dim(0);
  p.n = w.dim(1);
  p.k = a.dim(p.ta ? 0 : 1);
  p.a = a.f32();
  p.lda = a.dim(1);
  p.b = b.f32();
  p.ldb = b.dim(1);
  p.epilogue.tile = update_tile;
  p.epilogue.tile_context = &target;
  sgemm(ctx, p);
  return nullptr;
}

}  // namespace

extern const OpDef op_matmulUpdate{"matmulUpdate", check, run};

}  // namespace myelin
