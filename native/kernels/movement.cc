// Transposes, and the conversion of bytes that gather applies to a data set.
#include "../simd/shuffle.h"
#include "kernels.h"

namespace myelin::MYELIN_NS {
namespace {

// Rows of x that are visited for all columns before the next: their pages stay in the TLB.
constexpr int64_t kRowBlock = 64;
// Columns of x that are visited for all rows of a block before the next: one cache line of each row.
constexpr int64_t kColumnBlock = 16;

inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

template <class T>
inline void transpose_scalar(const T* x, int64_t x_stride, T* y, int64_t y_stride, int64_t rows,
                             int64_t columns) {
  for (int64_t c = 0; c < columns; c++)
    for (int64_t r = 0; r < rows; r++) y[c * y_stride + r] = x[r * x_stride + c];
}

// A block's transpose, in whole tiles, and word by word at the edges.
inline void transpose_block(const int32_t* x, int64_t x_stride, int32_t* y, int64_t y_stride, int64_t rows,
                            int64_t columns) {
  const int64_t tile_rows = rows - rows % kTile, tile_columns = columns - columns % kTile;
  for (int64_t r = 0; r < tile_rows; r += kTile)
    for (int64_t c = 0; c < tile_columns; c += kTile)
      transpose_tile(x + r * x_stride + c, x_stride, y + c * y_stride + r, y_stride);
  transpose_scalar(x + tile_columns, x_stride, y + tile_columns * y_stride, y_stride, tile_rows,
                   columns - tile_columns);
  transpose_scalar(x + tile_rows * x_stride, x_stride, y + tile_rows, y_stride, rows - tile_rows, columns);
}

}  // namespace

// y[c * y_stride + r] = x[r * x_stride + c]
void transpose32(const void* x, int64_t x_stride, void* y, int64_t y_stride, int64_t rows, int64_t columns) {
  const int32_t* from = static_cast<const int32_t*>(x);
  int32_t* to = static_cast<int32_t*>(y);
  for (int64_t r = 0; r < rows; r += kRowBlock)
    for (int64_t c = 0; c < columns; c += kColumnBlock)
      transpose_block(from + r * x_stride + c, x_stride, to + c * y_stride + r, y_stride,
                      smaller(kRowBlock, rows - r), smaller(kColumnBlock, columns - c));
}

void transpose8(const void* x, int64_t x_stride, void* y, int64_t y_stride, int64_t rows, int64_t columns) {
  const uint8_t* from = static_cast<const uint8_t*>(x);
  uint8_t* to = static_cast<uint8_t*>(y);
  for (int64_t r = 0; r < rows; r += kRowBlock)
    for (int64_t c = 0; c < columns; c += kColumnBlock)
      transpose_scalar(from + r * x_stride + c, x_stride, to + c * y_stride + r, y_stride,
                       smaller(kRowBlock, rows - r), smaller(kColumnBlock, columns - c));
}

// y[i] = x[i] * scale
void scale_bytes(const uint8_t* x, float* y, int64_t n, float scale) {
  constexpr int w = F32::width;
  const F32 s = set1(scale);
  int64_t i = 0;
  for (; i + w <= n; i += w) store(y + i, load_u8(x + i, w) * s);
  if (i < n) store_n(y + i, load_u8(x + i, static_cast<int>(n - i)) * s, static_cast<int>(n - i));
}

}  // namespace myelin::MYELIN_NS
