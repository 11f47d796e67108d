// matmulUpdate: a matrix product that is a parameter's gradient, and the parameter's update. Where it pays tile by tile, in
// one kernel; else block by block, so that the gradient stays in the cache. Bits are those of matmul followed by the
// update. in: a [m, k], b [k, n], the parameter [m, n] and its slots, which are changed; there is no output. attrs:
// transposeA, transposeB (a is [k, m], b is [n, k]), a Rule, its numbers.
#include "../blas/external.h"
#include "../blas/sgemm.h"
#include "../kernels/product_update.h"
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
constexpr int64_t kDepth = 800;        // terms of a product that is not cut along k

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
  if (work > kTaskMacs * double(ctx.dearness * threads)) g.rows = ceil_div(g.rows, threads) * threads;
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

// Whether the product and the update are one kernel's work: not by another library, nor where a tile would be mostly empty or
// the instruction set gains nothing by it.
bool by_tiles(const GemmProduct& p, const Context& ctx) {
  int64_t tile, panel;
  ctx.kernels.product_update_grain(&tile, &panel);
  return tile > 0 && external_sgemm() == nullptr && !p.tb && 2 * p.n >= panel && p.k > 0 && p.k <= kDepth;
}

// The parts, of whole rows of tiles, that threads take.
struct Rows {
  int64_t tile, tiles, parts;

  Rows(const GemmProduct& p, const Context& ctx) {
    int64_t panel;
    ctx.kernels.product_update_grain(&tile, &panel);
    tiles = ceil_div(p.m, tile);
    const double work = double(p.m) * double(p.n) * (double(p.k) + kUpdateMacs);
    parts = static_cast<int64_t>(work / (kTaskMacs * double(ctx.dearness)));
    const int64_t most = ctx.threads;
    if (parts > most) parts = most;
    if (parts > tiles) parts = tiles;
    if (parts < 1) parts = 1;
  }
};

ProductUpdateTask task_of(const GemmProduct& p, const Rows& rows, int64_t part, int64_t* row) {
  *row = part_begin(p.m, rows.tile, rows.parts, part);
  ProductUpdateTask t = {};
  t.ta = p.ta;
  t.m = part_begin(p.m, rows.tile, rows.parts, part + 1) - *row;
  t.n = p.n;
  t.k = p.k;
  t.lda = p.lda;
  t.ldb = p.ldb;
  return t;
}

int64_t tiles_scratch(const GemmProduct& p, const Context& ctx) {
  const Rows rows(p, ctx);
  int64_t most = 0;
  for (int64_t part = 0; part < rows.parts; part++) {
    int64_t row;
    const int64_t work = ctx.kernels.product_update_work(task_of(p, rows, part, &row));
    if (work > most) most = work;
  }
  return scratch_bytes<float>(most);
}

void run_tiles(const OpArgs& args, const GemmProduct& p, const UpdateStep& step, Context& ctx) {
  const Rows rows(p, ctx);
  ctx.run(rows.parts, [&](int64_t part) {
    int64_t row;
    ProductUpdateTask t = task_of(p, rows, part, &row);
    float* state[1 + kMostSlots];
    for (int s = 0; s <= step.slots; s++) state[s] = args.in[kParameter + s].f32() + row * p.n;
    t.a = args.in[0].f32() + (p.ta ? row : row * p.lda);
    t.b = args.in[1].f32();
    t.state = state;
    t.scalars = &step.scalars;
    t.work = ctx.own<float>();
    (ctx.kernels.*step.kernels.product)(t);
  });
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
  if (by_tiles(whole, ctx)) return {0, tiles_scratch(whole, ctx)};
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

void run_blocks(const OpArgs& args, const GemmProduct& whole, const UpdateStep& step, Context& ctx) {
  Update* const update = ctx.kernels.*step.kernels.update;
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
}

const char* run(const OpArgs& args, Context& ctx) {
  const UpdateStep step = update_step(static_cast<Rule>(args.attr_int(2)), args.attrs + kFirstNumber);
  if (!step.apply) return nullptr;
  const GemmProduct whole = product_of(args);
  if (whole.m == 0 || whole.n == 0) return nullptr;
  if (by_tiles(whole, ctx)) run_tiles(args, whole, step, ctx);
  else run_blocks(args, whole, step, ctx);
  return nullptr;
}

}  // namespace

extern const OpDef op_matmulUpdate{"matmulUpdate", check, run, scratch};

}  // namespace myelin
