// How a product is cut into blocks for the caches, and what of A and B is copied for them.
#pragma once

#include "gemm_tile.h"

namespace myelin::MYELIN_NS {
namespace {

constexpr int64_t kPanel = kVecs * kWidth;
constexpr int kFewRows = 4;  // up to here B is used once or nearly so, and its panels are wide

constexpr int64_t kBlockK = 800;          // two panels of B, of so many ks, stay in the second-level cache
constexpr int64_t kInPlaceRows = 128;     // of A that are read where they are, if they are no more floats than
constexpr int64_t kInPlaceA = 64 * 1024;  // stay in that cache, too
constexpr int64_t kBlockA = 48 * 1024;    // floats of packed A, in the second-level cache
constexpr int64_t kBlockB = 512 * 1024;   // floats of packed B, in the third-level cache
constexpr int64_t kShallowK = 64;         // up to here a product is bound by writing C, so C is written row by row
constexpr int64_t kShallowB = 32 * 1024;  // floats of packed B that stay in the second-level cache meanwhile
constexpr int64_t kWideB = 6 * 1024;      // floats of a wide packed panel, in the first-level cache
constexpr int64_t kSlack = 16;            // floats that pack_a may write past its end

constexpr int64_t min_of(int64_t a, int64_t b) { return a < b ? a : b; }
constexpr int64_t max_of(int64_t a, int64_t b) { return a > b ? a : b; }
constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

// How a task is cut. Blocks of rows are whole tiles; the first `taller` tiles have height + 1 rows, the rest height.
struct Blocks {
  int64_t tiles, block_tiles;
  int64_t height, taller;
  int64_t k_parts, block_k;
  int64_t block_n;
  bool pack_a, whole_a;  // whole: all of A is packed first
  bool shallow;          // tiles go along the rows of C
  bool once;             // all tiles of a panel follow one another, and then its copy of B is not needed any more
  int64_t a_floats, b_floats;
};

// Whether to read A, not transposed, where it is, which saves packing it. But 4 KiB between rows put a tile's rows into one
// cache set, too many for it if the tile is high or, as soon as there is more than a little of A, at all.
inline bool reads_rows(const GemmTask& t, bool little) {
  const bool high = kRows > 8, one_set = t.lda % 1024 == 0;
  return little ? !(high && one_set) : !high && !one_set;
}

inline Blocks cut(const GemmTask& t) {
  Blocks s;
  const bool few = t.m <= kFewRows;
  const int64_t widest = few ? max_of(kPanel, kWide[t.m] * kWidth) : kPanel;

  int64_t block_k = kBlockK;
  if (few) block_k = t.tb ? max_of(32, kWideB / widest) : 4096;
  s.k_parts = max_of(1, ceil_div(t.k, block_k));
  s.block_k = ceil_div(t.k, s.k_parts);

  s.tiles = ceil_div(t.m, kRows);
  s.height = t.m / s.tiles;
  s.taller = t.m % s.tiles;
  s.shallow = t.k <= kShallowK && s.tiles > 1;
  const bool stays = t.m <= kInPlaceRows && t.m * t.k <= kInPlaceA, narrow = t.n <= 2 * kPanel;
  s.pack_a = !few && !(t.ta ? narrow || (s.shallow && t.lda % 64 != 0) : reads_rows(t, narrow || stays));
  s.whole_a = s.pack_a && t.m * t.k <= kBlockA;
  const bool one_block = s.whole_a || (!s.pack_a && (t.ta || narrow || stays));
  s.block_tiles = one_block ? s.tiles : max_of(1, kBlockA / (kRows * max_of(1, s.block_k)));
  s.once = !few && !s.shallow && s.tiles <= s.block_tiles;

  const int64_t columns = round_up(t.n, kPanel);
  if (s.shallow) s.block_n = max_of(kPanel, kShallowB / max_of(1, s.block_k) / kPanel * kPanel);
  else if (few) s.block_n = widest;
  else if (s.once) s.block_n = columns;
  else s.block_n = max_of(kPanel, kBlockB / max_of(1, s.block_k) / kPanel * kPanel);
  s.block_n = min_of(s.block_n, max_of(columns, widest));

  s.a_floats = s.pack_a ? round_up(s.whole_a ? t.m * t.k : s.block_tiles * kRows * s.block_k, 16) + kSlack : 0;
  s.b_floats = (s.once ? 2 * kPanel : s.block_n) * s.block_k + kSlack;
  return s;
}

inline int64_t row_at(const Blocks& s, int64_t tile) { return tile * s.height + min_of(tile, s.taller); }

}  // namespace
}  // namespace myelin::MYELIN_NS
