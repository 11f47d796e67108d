#include "sgemm.h"

#include "external.h"

namespace myelin {
namespace {

// A task of fewer multiply-adds than this, whole panels and copies counted in, takes less time than waking a thread for it.
constexpr double kTaskMacs = 120e3;
// Copying one element of A, B (as stored) or B (transposed) costs about as much as so many multiply-adds.
constexpr double kPackA = 12, kPackB = 4, kPackTransposedB = 16;

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// C is cut into rows x cols rectangles along the edges of register tiles.
struct Grid {
  int64_t tiles, panels;  // of the whole product
  int64_t panel;
  int64_t rows = 1, cols = 1;
};

Grid choose_grid(const GemmProduct& p, const Context& ctx) {
  int64_t tile;
  Grid g;
  ctx.kernels.gemm_grain(&tile, &g.panel);
  g.tiles = ceil_div(p.m, tile);
  g.panels = ceil_div(p.n, g.panel);
  // Of the part of a thread, if there are r x c.
  const auto cost_of = [&](int64_t r, int64_t c) {
    const double m = double(ceil_div(g.tiles, r)) * double(p.m) / double(g.tiles);
    const double n = double(ceil_div(g.panels, c)) * double(g.panel);
    return (m * n + kPackA * m + (p.tb ? kPackTransposedB : kPackB) * n) * double(p.k);
  };
  int64_t parts = p.alone ? 1 : ctx.threads;
  const double whole = cost_of(1, 1);
  const double task = kTaskMacs * double(ctx.dearness);
  if (whole < task * double(parts)) parts = static_cast<int64_t>(whole / task);
  double best = 0;
  for (int64_t r = 1; r == 1 || (r <= parts && r <= g.tiles); r++) {
    int64_t c = parts / r;
    if (c > g.panels) c = g.panels;
    if (c < 1) c = 1;
    const double cost = cost_of(r, c);
    if (r > 1 && cost >= best) continue;
    best = cost;
    g.rows = r;
    g.cols = c;
  }
  return g;
}

// One of the grid's rectangles, which begins in `row` and task.col; without pointers.
GemmTask part_of(const GemmProduct& p, const Grid& g, int64_t part, int64_t* row) {
  const int64_t r = part / g.cols, c = part % g.cols;
  const int64_t row0 = p.m * (g.tiles * r / g.rows) / g.tiles, row1 = p.m * (g.tiles * (r + 1) / g.rows) / g.tiles;
  const int64_t col0 = g.panels * c / g.cols * g.panel, end = g.panels * (c + 1) / g.cols * g.panel;
  const int64_t col1 = end < p.n ? end : p.n;
  GemmTask task = {};
  task.ta = p.ta;
  task.tb = p.tb;
  task.m = row1 - row0;
  task.n = col1 - col0;
  task.k = p.k;
  task.lda = p.lda;
  task.ldb = p.ldb;
  task.ldc = p.ldc;
  task.accumulate = p.accumulate;
  task.col = col0;
  *row = row0;
  return task;
}

// By the external library: the product, then the epilogue row by row.
void run_external(const GemmTask& t, CblasSgemm* cblas, Context& ctx) {
  const GemmEpilogue& e = *t.epilogue;
  constexpr int kRowMajor = 101, kNoTrans = 111, kTrans = 112;
  cblas(kRowMajor, t.ta ? kTrans : kNoTrans, t.tb ? kTrans : kNoTrans, static_cast<int>(t.m),
        static_cast<int>(t.n), static_cast<int>(t.k), 1.0f, t.a, static_cast<int>(t.lda), t.b,
        static_cast<int>(t.ldb), t.accumulate ? 1.0f : 0.0f, t.c, static_cast<int>(t.ldc));
  for (int64_t r = 0; r < t.m; r++) {
    float* y = t.c + r * t.ldc;
    if (e.bias != nullptr) ctx.kernels.add(y, 1, e.bias + t.col, 1, y, t.n, nullptr);
    if (e.relu) ctx.kernels.relu(y, y, t.n, nullptr);
    if (e.activation != nullptr) e.activation(y, y, t.n, e.attrs);
  }
}

bool fits_int(const GemmProduct& p) {
  const int64_t limit = INT32_MAX;
  return p.m <= limit && p.n <= limit && p.k <= limit && p.lda <= limit && p.ldb <= limit && p.ldc <= limit;
}

}  // namespace

int64_t sgemm_scratch(const Context& ctx, const GemmProduct& p) {
  if (p.m <= 0 || p.n <= 0) return 0;
  const Grid g = choose_grid(p, ctx);
  int64_t most = 0;
  for (int64_t part = 0; part < g.rows * g.cols; part++) {
    int64_t row;
    const int64_t work = ctx.kernels.gemm_work(part_of(p, g, part, &row));
    if (work > most) most = work;
  }
  return scratch_bytes<float>(most);
}

void sgemm(Context& ctx, const GemmProduct& p, int64_t taken) {
  if (p.m <= 0 || p.n <= 0) return;
  GemmEpilogue epilogue = p.epilogue;
  if (epilogue.activation != nullptr && epilogue.activation == ctx.kernels.relu) {
    epilogue.relu = true;
    epilogue.activation = nullptr;
  }
  // An empty sum is 0 (or C): nothing to ask of a library, whose word on k = 0 and leading dimensions varies.
  CblasSgemm* cblas = p.k > 0 && fits_int(p) ? external_sgemm() : nullptr;
  const Grid g = choose_grid(p, ctx);
  ctx.run(g.rows * g.cols, [&](int64_t part) {
    int64_t row;
    GemmTask task = part_of(p, g, part, &row);
    task.a = p.a + (p.ta ? row : row * p.lda);
    task.b = p.b + (p.tb ? task.col * p.ldb : task.col);
    task.c = p.c + row * p.ldc + task.col;
    task.epilogue = &epilogue;
    task.work = ctx.own<float>(taken);
    if (cblas != nullptr)
      run_external(task, cblas, ctx);
    else
      ctx.kernels.gemm(task);
  });
}

}  // namespace myelin
