// One thread's matrix product: blocks for the caches, packs what pays, walks the register tiles.
//
// Every element of C is ((0 + a0 b0) + a1 b1) + ..., one fma a term, k ascending; a block of k ends by storing the sum in
// C and the next starts from there. So the bits depend on neither tiles, blocks, threads nor instruction set.
#include "gemm_blocks.h"
#include "gemm_pack.h"

namespace myelin::MYELIN_NS {
namespace {

// Every register tile that can be asked for, by rows, vectors and where A and B are read from.
constexpr int kMostVecs = 16;
struct Tiles {
  Tile* at[kRows + 1][kMostVecs + 1][kASources][kBSources];
};

template <int R, int V>
constexpr void add_tile(Tiles& t) {
  t.at[R][V][kPanelA][kInPlace] = tile<R, V, kPanelA, kInPlace>;
  t.at[R][V][kRowsA][kInPlace] = tile<R, V, kRowsA, kInPlace>;
  if constexpr (V == kVecs) {
    t.at[R][V][kPanelA][kInPlacePack] = tile<R, V, kPanelA, kInPlacePack>;
    t.at[R][V][kRowsA][kInPlacePack] = tile<R, V, kRowsA, kInPlacePack>;
    if constexpr (R > kRows / 2) {  // more than two tiles are more than half a tile high
      t.at[R][V][kPanelA][kPackNext] = tile<R, V, kPanelA, kPackNext>;
      t.at[R][V][kRowsA][kPackNext] = tile<R, V, kRowsA, kPackNext>;
    }
  }
}

template <int R, int V>
constexpr void add_narrow(Tiles& t) {
  add_tile<R, V>(t);
  if constexpr (V > 1) add_narrow<R, V - 1>(t);
}

template <int R>
constexpr void add_rows(Tiles& t) {
  add_narrow<R, kVecs>(t);
  if constexpr (R <= kFewRows) {
    if constexpr (kWide[R] > kVecs) add_tile<R, kWide[R]>(t);
    if constexpr (kWide[R] / 2 > kVecs) add_tile<R, kWide[R] / 2>(t);
  }
  if constexpr (R > 1) add_rows<R - 1>(t);
}

constexpr Tiles all_tiles() {
  Tiles t = {};
  add_rows<kRows>(t);
  return t;
}
constexpr Tiles kTiles = all_tiles();

// Vectors of the panel that starts where `cols` columns are left.
int panel_vecs(int64_t m, int64_t cols) {
  if (m <= kFewRows) {
    const int wide = kWide[m];
    if (wide > kVecs && cols >= wide * kWidth) return wide;
    if (wide / 2 > kVecs && cols >= wide / 2 * kWidth) return wide / 2;
  }
  return static_cast<int>(min_of(kVecs, ceil_div(cols, kWidth)));
}

// The part of a task between two positions on each axis, with A as the tiles read it.
struct Part {
  int64_t tile0, tile1, k0, k1, n0, n1;
  const float* a;  // of tile0 and k0
  float* packed_b;
};

// Where the copy of B's panel from column col on lies.
float* panel_at(const Blocks& s, const Part& p, int64_t col) {
  const int64_t right = col - p.n0;
  return p.packed_b + (s.once ? right / kPanel % 2 * kPanel : right) * (p.k1 - p.k0);
}

void activate(const GemmEpilogue& e, float* c, int64_t ldc, int64_t rows, int64_t cols) {
  if (e.activation == nullptr) return;
  for (int64_t r = 0; r < rows; r++) e.activation(c + r * ldc, c + r * ldc, cols, e.attrs);
}

ASource a_source(const GemmTask& t, const Blocks& s) { return s.pack_a || t.ta ? kPanelA : kRowsA; }

// One register tile, ready to run: rows x args.cols of C.
struct TileCall {
  Tile* tile;
  TileArgs args;
  int64_t rows;
};

// Tile number `tile` of the panel of `vecs` vectors from column col on. If B's copy is not there yet, the first tile reads
// B where it is and leaves the copy that the others read; what lies transposed or is not whole is packed before it.
TileCall prepare(const GemmTask& t, const Blocks& s, const Part& p, int64_t tile, int64_t col, int vecs, bool packed) {
  const int64_t row = row_at(s, tile), rows = row_at(s, tile + 1) - row, down = row - row_at(s, p.tile0);
  const int64_t width = vecs * kWidth, cols = min_of(width, t.n - col), depth = p.k1 - p.k0;
  const bool last_k = p.k1 == t.k;
  float* panel = panel_at(s, p, col);
  TileCall call;
  TileArgs& args = call.args;
  BSource b_source = kInPlace;
  args.b = panel;
  args.b_stride = width;
  if (!packed) {
    const float* b = t.tb ? t.b + col * t.ldb + p.k0 : t.b + p.k0 * t.ldb + col;
    if (t.tb || cols < width || vecs < kVecs) {
      pack_b(t.tb, b, t.ldb, cols, width, depth, panel);
    } else {
      args.b = b;
      args.b_stride = t.ldb;
      if (s.tiles > 1) b_source = kInPlacePack;
    }
  }
  args.packed = panel;
  args.k = depth;
  args.a = p.a + (s.pack_a ? down * depth : t.ta ? down : down * t.lda);
  args.a_stride = s.pack_a ? rows : t.lda;
  args.c = t.c + row * t.ldc + col;
  args.ldc = t.ldc;
  args.cols = cols;
  args.load = p.k0 > 0 || t.accumulate;
  args.bias = last_k && t.epilogue->bias != nullptr ? t.epilogue->bias + t.col + col : nullptr;
  args.relu = last_k && t.epilogue->relu;
  args.next_c = nullptr;
  args.next_b = nullptr;
  args.next_b_stride = t.ldb;
  args.next_rows = 0;
  call.tile = kTiles.at[rows][vecs][a_source(t, s)][b_source];
  call.rows = rows;
  return call;
}

void run_tile(const GemmTask& t, const Part& p, const TileCall& call) {
  call.tile(call.args);
  if (p.k1 == t.k) activate(*t.epilogue, call.args.c, t.ldc, call.rows, call.args.cols);
}

// The tiles of one panel, from top to bottom; all but the first copy the next panel if `ahead`.
void run_down(const GemmTask& t, const Blocks& s, const Part& p, int64_t col, int vecs, bool packed, bool ahead) {
  const int64_t depth = p.k1 - p.k0, right = col + kPanel;
  const float* const next_b = t.b + p.k0 * t.ldb + right;
  float* const next_panel = panel_at(s, p, right);
  int64_t copied = ahead ? 0 : depth;
  int64_t tile = p.tile0;
  if (tile == 0) {
    TileCall first = prepare(t, s, p, tile++, col, vecs, packed);
    if (tile < p.tile1) first.args.next_c = first.args.c + first.rows * t.ldc;
    run_tile(t, p, first);
  }
  while (tile < p.tile1) {  // once for the taller tiles, once for the others
    TileCall call = prepare(t, s, p, tile, col, vecs, true);
    Tile* const plain = call.tile;
    Tile* const packing = kTiles.at[call.rows][vecs][a_source(t, s)][kPackNext];
    const int64_t end = tile < s.taller ? min_of(s.taller, p.tile1) : p.tile1;
    const int64_t a_step = s.pack_a ? call.rows * call.args.k : t.ta ? call.rows : call.rows * t.lda;
    const int64_t c_step = call.rows * t.ldc;
    for (; tile < end; tile++) {
      call.args.next_c = tile + 1 < p.tile1 ? call.args.c + c_step : nullptr;
      call.args.next_b = next_b + copied * t.ldb;
      call.args.packed = next_panel + copied * kPanel;
      call.args.next_rows = min_of(depth / kCopyEvery, depth - copied);
      call.tile = call.args.next_rows > 0 ? packing : plain;
      copied += call.args.next_rows;
      run_tile(t, p, call);
      call.args.a += a_step;
      call.args.c += c_step;
    }
  }
  const int64_t left = depth - copied;
  pack_b(false, next_b + copied * t.ldb, t.ldb, kPanel, kPanel, left, next_panel + copied * kPanel);
}

// The tiles of one row of them, from left to right.
void run_along(const GemmTask& t, const Blocks& s, const Part& p, int64_t tile) {
  int64_t col = p.n0;
  if (tile > 0 && col + kPanel <= p.n1) {
    TileCall call = prepare(t, s, p, tile, col, kVecs, true);
    for (; col + kPanel <= p.n1; col += kPanel) {
      call.args.next_c = col + kPanel < p.n1 ? call.args.c + kPanel : nullptr;
      run_tile(t, p, call);
      call.args.b += kPanel * call.args.k;
      call.args.c += kPanel;
      if (call.args.bias != nullptr) call.args.bias += kPanel;
    }
  }
  while (col < p.n1) {
    const int vecs = panel_vecs(t.m, t.n - col);
    run_tile(t, p, prepare(t, s, p, tile, col, vecs, tile > 0));
    col += vecs * kWidth;
  }
}

void run_part(const GemmTask& t, const Blocks& s, const Part& p) {
  if (s.shallow) {
    for (int64_t tile = p.tile0; tile < p.tile1; tile++) run_along(t, s, p, tile);
    return;
  }
  // Whether there are tiles enough behind the first to copy a panel meanwhile.
  const bool copies = s.once && !t.tb && s.tiles > kCopyEvery;
  bool packed = p.tile0 > 0;
  for (int64_t col = p.n0; col < p.n1;) {
    const int vecs = panel_vecs(t.m, t.n - col);
    const bool ahead = copies && col + 2 * kPanel <= p.n1;
    run_down(t, s, p, col, vecs, packed, ahead);
    packed = p.tile0 > 0 || ahead;
    col += vecs * kWidth;
  }
}

void pack_tiles(const GemmTask& t, const Blocks& s, int64_t tile0, int64_t tile1, int64_t k0, int64_t k1, float* to) {
  const int64_t row0 = row_at(s, tile0);
  for (int64_t tile = tile0; tile < tile1; tile++) {
    const int64_t row = row_at(s, tile), rows = row_at(s, tile + 1) - row;
    const float* a = t.ta ? t.a + k0 * t.lda + row : t.a + row * t.lda + k0;
    pack_a(t.ta, a, t.lda, rows, t.m - row, k1 - k0, to + (row - row0) * (k1 - k0));
  }
}

void run(const GemmTask& t) {
  const Blocks s = cut(t);
  float* const packed_a = t.work;
  float* const packed_b = packed_a + s.a_floats;
  if (s.whole_a) {
    for (int64_t part = 0; part < s.k_parts; part++) {
      const int64_t k0 = t.k * part / s.k_parts, k1 = t.k * (part + 1) / s.k_parts;
      pack_tiles(t, s, 0, s.tiles, k0, k1, packed_a + t.m * k0);
    }
  }
  for (int64_t n0 = 0, n1; n0 < t.n; n0 = n1) {
    // A block that is one wide panel has to be narrower near the right edge.
    n1 = n0 + (t.m <= kFewRows ? panel_vecs(t.m, t.n - n0) * kWidth : s.block_n);
    n1 = min_of(n1, t.n);
    for (int64_t part = 0; part < s.k_parts; part++) {
      const int64_t k0 = t.k * part / s.k_parts, k1 = t.k * (part + 1) / s.k_parts;
      for (int64_t tile0 = 0; tile0 < s.tiles; tile0 += s.block_tiles) {
        const int64_t tile1 = min_of(s.tiles, tile0 + s.block_tiles), row = row_at(s, tile0);
        const float* a = t.ta ? t.a + k0 * t.lda + row : t.a + row * t.lda + k0;
        if (s.whole_a) {
          a = packed_a + t.m * k0;
        } else if (s.pack_a) {
          pack_tiles(t, s, tile0, tile1, k0, k1, packed_a);
          a = packed_a;
        }
        run_part(t, s, {tile0, tile1, k0, k1, n0, n1, a, packed_b});
      }
    }
  }
}

// Whether to compute C transposed, op(B) transposed times op(A) transposed, and turn the small C round at the end.
// With a few rows and B stored transposed, B is then read where it is, one value at a time, instead of being transposed
// only to be read a few times. With one to four columns, the lanes hold rows of C instead of standing empty.
bool swaps(const GemmTask& t) {
  if (t.accumulate) return false;
  if (t.n <= kFewRows) return t.m >= 4 * kWidth && t.k >= 16;
  const int64_t used = round_up(t.m, kWidth);
  return t.tb && t.k >= 64 && t.m > kFewRows && t.m <= 2 * kPanel && used * 4 <= t.m * 5 && t.ldb % 1024 != 0;
}

constexpr GemmEpilogue kNothing = {};

GemmTask swapped(const GemmTask& t) {
  GemmTask s = {};
  s.ta = !t.tb;
  s.tb = !t.ta;
  s.m = t.n;
  s.n = t.m;
  s.k = t.k;
  s.a = t.b;
  s.lda = t.ldb;
  s.b = t.a;
  s.ldb = t.lda;
  s.ldc = round_up(t.m, 16);
  s.epilogue = &kNothing;
  s.c = t.work;
  s.work = t.work + s.m * s.ldc;
  return s;
}

void run_swapped(const GemmTask& t) {
  const GemmTask s = swapped(t);
  run(s);
  copy_transposed(s.c, s.ldc, t.n, t.m, t.c, t.ldc);
  const GemmEpilogue& e = *t.epilogue;
  for (int64_t i = 0; i < t.m && (e.bias != nullptr || e.relu); i++) {
    for (int64_t j = 0; j < t.n; j += kWidth) {
      const int n = lanes(t.n - j, 0);
      F32 x = load_n(t.c + i * t.ldc + j, n);
      if (e.bias != nullptr) x = x + load_n(e.bias + t.col + j, n);
      if (e.relu) x = relu(x);
      store_n(t.c + i * t.ldc + j, x, n);
    }
  }
  activate(e, t.c, t.ldc, t.m, t.n);
}

}  // namespace

void gemm(const GemmTask& t) {
  if (t.m <= 0 || t.n <= 0) return;
  if (swaps(t)) run_swapped(t);
  else run(t);
}

int64_t gemm_work(const GemmTask& t) {
  if (t.m <= 0 || t.n <= 0) return 0;
  const bool swap = swaps(t);
  const GemmTask inner = swap ? swapped(t) : t;
  const Blocks s = cut(inner);
  return (swap ? inner.m * inner.ldc : 0) + s.a_floats + s.b_floats;
}

void gemm_grain(int64_t* rows, int64_t* columns) {
  *rows = kRows;
  *columns = kPanel;
}

}  // namespace myelin::MYELIN_NS
