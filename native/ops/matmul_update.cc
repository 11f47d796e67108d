// matmulUpdate: a matrix product that is a parameter's gradient, and the parameter's update, block by block: the gradient
// stays in the cache. Bits are those of matmul followed by the update. in: a [m, k], b [k, n], the parameter
// [m, n] and its slots, which are changed; there is no output. attrs: transposeA, transposeB (a is [k, m], b is [n, k]),
// a Rule, its numbers.
#include "../blas/sgemm.h"
#include "update_rule.h"
#include "words.h"

namespace myelin {
namespace {

constexpr int kFirstNumber = 3;
constexpr int kParameter = 2;          // the first input that is changed
constexpr int64_t kBlock = 96 * 1024;  // floats of the gradient at a time: part of the second-level cache
constexpr double kUpdateMacs = 8;      // multiply-adds that take as long as the update of an element
constexpr double kPackMacs = 12;       // that take as long as copying an element of a
constexpr double kTaskMacs = 120e3;    // that are worth a thread

const char* check(const OpArgs& args) {
  if (args.ins < 3 || args.outs != 0 || args.attr_count < kFirstNumber)
    return "expects a, b, a parameter and its slots, no output, and at least three attributes";
  if (!whole_attr(args, 0, 0, 1) || !whole_attr(args, 1, 0, 1))
    return "transposeA and transposeB must be 0 or 1";
  if (!whole_attr(args, 2, 0, kRules - 1)) return "the rule is unknown";
  const Rule rule = static_cast<Rule>(args.attr_int(2));
  if (args.attr_count != kFirstNumber + update_numbers(rule))
    return "has the wrong number of attributes for the rule";
  if (const char* wrong = check_update_numbers(rule, args, kFirstNumber)) return wrong;
  if (args.ins != 3 + update_step(rule, args.attrs + kFirstNumber).slots)
    return "the parameter needs the optimizer's slots";

  for (int i = 0; i < args.ins; i++)
    if (!args.in[i].is_float() || args.in[i].rank != 2) return "all inputs must be float32 matrices";
  const View &a = args.in[0], &b = args.in[1], &w = args.in[kParameter];
  const bool ta = args.attr_int(0) != 0, tb = args.attr_int(1) != 0;
  if (a.dim(ta ? 0 : 1) != b.dim(tb ? 1 : 0)) return "inner dimensions differ";
  if (w.dim(0) != a.dim(ta ? 1 : 0) || w.dim(1) != b.dim(tb ? 0 : 1))
    return "the parameter must be of the product's shape";
  for (int i = kParameter; i < args.ins; i++) {
    if (!same_shape(args.in[i], w)) return "a slot is not of its parameter's shape";
    for (int j = 0; j < i; j++)
      if (overlap(args.in[i], args.in[j])) return "what is changed must not share memory with another input";
  }
  return nullptr;
}

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The parameter is cut into rows x cols blocks along the edges of the product's tiles.
struct Grid {
  int64_t tile, panel, rows, cols;
};

Grid choose_grid(const GemmProduct& p, const Context& ctx) {
  Grid g;
  ctx.kernels.gemm_grain(&g.tile, &g.panel);
  g.cols = ceil_div(p.n, kBlock);
  g.rows = ceil_div(p.m, kBlock / ceil_div(p.n, g.cols));
  const double columns = double(ceil_div(p.n, g.panel) * g.panel);
  const double work = double(p.m) * (columns * (double(p.k) + kUpdateMacs) + kPackMacs * double(p.k));
  const int64_t threads = ctx.threads;
  if (work > kTaskMacs * double(threads)) g.rows = ceil_div(g.rows, threads) * threads;
  const int64_t tiles = ceil_div(p.m, g.tile);
  if (g.rows > tiles) g.rows = tiles;
  return g;
}

// Where part i of `parts` begins on an axis of n elements that is cut at multiples of `grain`.
int64_t part_begin(int64_t n, int64_t grain, int64_t parts, int64_t i) {
  const int64_t begin = ceil_div(n, grain) * i / parts * grain;
  return begin < n ? begin : n;
}

GemmProduct product_of(const OpArgs& args) {
  const View &a = args.in[0], &b = args.in[1], &w = args.in[kParameter];
  GemmProduct p;
  p.ta = args.attr_int(0) != 0;
  p.tb = args.attr_int(1) != 0;
  p.m = w.dim(0);
  p.n = w.dim(1);
  p.k = a.dim(p.ta ? 0 : 1);
  p.lda = a.dim(1);
  p.ldb = b.dim(1);
  return p;
}

// The part of the product that gives one block of the gradient, and where it begins.
GemmProduct block_of(const GemmProduct& whole, const Grid& g, int64_t part, int64_t* row, int64_t* col) {
  const int64_t r = part / g.cols, c = part % g.cols;
  *row = part_begin(whole.m, g.tile, g.rows, r);
  *col = part_begin(whole.n, g.panel, g.cols, c);
  GemmProduct p = whole;
  p.alone = g.rows * g.cols > 1;
  p.m = part_begin(whole.m, g.tile, g.rows, r + 1) - *row;
  p.n = part_begin(whole.n, g.panel, g.cols, c + 1) - *col;
  p.ldc = p.n;
  return p;
}

// The block of the gradient, then what the product takes.
ScratchSize scratch(const OpArgs& args, const Context& ctx) {
  const GemmProduct whole = product_of(args);
  if (whole.m == 0 || whole.n == 0) return {};
  const Grid g = choose_grid(whole, ctx);
  int64_t most = 0;
  for (int64_t part = 0; part < g.rows * g.cols; part++) {
    int64_t row, col;
    const GemmProduct p = block_of(whole, g, part, &row, &col);
    const int64_t bytes = scratch_bytes<float>(p.m * p.n) + sgemm_scratch(ctx, p);
    if (bytes > most) most = bytes;
  }
  return {0, most};
}

const char* run(const OpArgs& args, Context& ctx) {
  const UpdateStep step = update_step(static_cast<Rule>(args.attr_int(2)), args.attrs + kFirstNumber);
  if (!step.apply) return nullptr;
  Update* const update = ctx.kernels.*step.kernel;
  const GemmProduct whole = product_of(args);
  if (whole.m == 0 || whole.n == 0) return nullptr;

  const Grid g = choose_grid(whole, ctx);
  ctx.run(g.rows * g.cols, [&](int64_t part) {
    int64_t row, col;
    GemmProduct p = block_of(whole, g, part, &row, &col);
    p.a = args.in[0].f32() + (p.ta ? row : row * p.lda);
    p.b = args.in[1].f32() + (p.tb ? col * p.ldb : col);
    p.c = ctx.own<float>();
    sgemm(ctx, p, scratch_bytes<float>(p.m * p.n));

    // Whole rows lie end to end in the parameter too.
    const int64_t count = g.cols == 1 ? p.m * p.n : p.n;
    for (int64_t done = 0; done < p.m * p.n; done += count) {
      const int64_t at = (row + done / p.n) * whole.n + col;
      float* state[1 + kMostSlots];
      for (int s = 0; s <= step.slots; s++) state[s] = args.in[kParameter + s].f32() + at;
      update(state, p.c + done, count, step.scalars);
    }
  });
  return nullptr;
}

}  // namespace

extern const OpDef op_matmulUpdate{"matmulUpdate", check, run, scratch};

}  // namespace myelin
