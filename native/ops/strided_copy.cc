#include "strided_copy.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace myelin {
namespace {

// Bytes below which a second thread costs more than it saves.
constexpr int64_t kGrainBytes = int64_t{1} << 18;

// Leaves out dims of 1 and joins neighbours that both sides walk as one.
StridedCopy simplified(const StridedCopy& c) {
  StridedCopy s;
  for (int i = 0; i < c.rank; i++) {
    if (c.dims[i] == 1) continue;
    const int last = s.rank - 1;
    if (last >= 0 && s.to_stride[last] == c.to_stride[i] * c.dims[i] &&
        s.from_stride[last] == c.from_stride[i] * c.dims[i]) {
      s.dims[last] *= c.dims[i];
      s.to_stride[last] = c.to_stride[i];
      s.from_stride[last] = c.from_stride[i];
      continue;
    }
    s.dims[s.rank] = c.dims[i];
    s.to_stride[s.rank] = c.to_stride[i];
    s.from_stride[s.rank] = c.from_stride[i];
    s.rank++;
  }
  return s;
}

// Moves dim k, along which `from` is contiguous, next to the last, along which `to` is: the two are a matrix
// to transpose.
bool make_transpose(StridedCopy* c) {
  const int last = c->rank - 1;
  if (last < 1 || c->to_stride[last] != 1 || c->from_stride[last] == 0 || c->from_stride[last] == 1)
    return false;
  for (int k = 0; k < last; k++) {
    if (c->from_stride[k] != 1) continue;
    std::rotate(c->dims + k, c->dims + k + 1, c->dims + last);
    std::rotate(c->to_stride + k, c->to_stride + k + 1, c->to_stride + last);
    std::rotate(c->from_stride + k, c->from_stride + k + 1, c->from_stride + last);
    return true;
  }
  return false;
}

template <class T>
void copy_row(T* to, int64_t to_stride, const T* from, int64_t from_stride, int64_t n) {
  if (to_stride == 1 && from_stride == 1) {
    std::memcpy(to, from, static_cast<size_t>(n) * sizeof(T));
  } else if (to_stride == 1 && from_stride == 0) {
    std::fill_n(to, n, *from);
  } else {
    for (int64_t i = 0; i < n; i++) to[i * to_stride] = from[i * from_stride];
  }
}

template <class T>
void copy_items(StridedCopy c, T* to, const T* from, Context& ctx) {
  const int64_t grain = kGrainBytes / static_cast<int64_t>(sizeof(T));
  c = simplified(c);
  if (c.rank == 0) {
    *to = *from;
    return;
  }
  const int last = c.rank - 1;
  if (c.rank == 1) {
    const int64_t to_step = c.to_stride[0], from_step = c.from_stride[0];
    ctx.for_range(c.dims[0], grain, [&](int64_t begin, int64_t end) {
      copy_row(to + begin * to_step, to_step, from + begin * from_step, from_step, end - begin);
    });
    return;
  }

  const bool transposed = make_transpose(&c);
  Transpose* transpose = sizeof(T) == 4 ? ctx.kernels.transpose32 : ctx.kernels.transpose8;
  const int row = last - 1;
  const int64_t rows = c.dims[row], n = c.dims[last];
  const int64_t to_row = c.to_stride[row], from_row = c.from_stride[row];
  const int64_t to_step = c.to_stride[last], from_step = c.from_stride[last];

  // All rows of all planes are numbered through; a range of them is done plane by plane.
  int64_t all_rows = rows;
  for (int i = 0; i < row; i++) all_rows *= c.dims[i];
  ctx.for_range(all_rows, std::max<int64_t>(1, grain / n), [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t first = begin % rows, count = std::min(rows - first, end - begin);
      int64_t to_at = first * to_row, from_at = first * from_row, plane = begin / rows;
      for (int i = row - 1; i >= 0; i--) {
        const int64_t index = plane % c.dims[i];
        plane /= c.dims[i];
        to_at += index * c.to_stride[i];
        from_at += index * c.from_stride[i];
      }
      if (transposed) {
        transpose(from + from_at, from_step, to + to_at, to_row, n, count);
      } else {
        for (int64_t r = 0; r < count; r++)
          copy_row(to + to_at + r * to_row, to_step, from + from_at + r * from_row, from_step, n);
      }
      begin += count;
    }
  });
}

}  // namespace

void row_major(const View& view, int64_t strides[kMaxRank]) {
  int64_t stride = 1;
  for (int i = view.rank - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= view.dims[i];
  }
}

void strided_copy(StridedCopy copy, void* to, const void* from, int64_t item_bytes, Context& ctx) {
  for (int i = 0; i < copy.rank; i++)
    if (copy.dims[i] == 0) return;
  if (item_bytes == 4) {
    copy_items(copy, static_cast<uint32_t*>(to), static_cast<const uint32_t*>(from), ctx);
  } else {
    copy_items(copy, static_cast<uint8_t*>(to), static_cast<const uint8_t*>(from), ctx);
  }
}

void fill_items(void* to, int64_t n, int64_t item_bytes, uint32_t value, Context& ctx) {
  ctx.for_range(n, kGrainBytes / item_bytes, [&](int64_t begin, int64_t end) {
    if (item_bytes == 4) {
      std::fill(static_cast<uint32_t*>(to) + begin, static_cast<uint32_t*>(to) + end, value);
    } else {
      std::memset(static_cast<uint8_t*>(to) + begin, static_cast<int>(value & 0xFF),
                  static_cast<size_t>(end - begin));
    }
  });
}

bool item_bits(double value, DType dtype, uint32_t* bits) {
  if (dtype == DType::kFloat32) {
    const float rounded = static_cast<float>(value);
    std::memcpy(bits, &rounded, sizeof rounded);
    // A subnormal is kept where arithmetic would flush it: it is so many of the smallest float.
    if (std::fabs(value) < 0x1p-126)
      *bits = static_cast<uint32_t>(std::nearbyint(std::fabs(value) * 0x1p149)) | (std::signbit(value) ? 1u << 31 : 0);
    return true;
  }
  const double low = dtype == DType::kInt32 ? -2147483648.0 : 0.0;
  const double high = dtype == DType::kInt32 ? 2147483647.0 : dtype == DType::kUint8 ? 255.0 : 1.0;
  if (!(value >= low && value <= high)) return false;
  const int32_t whole = static_cast<int32_t>(value);
  *bits = static_cast<uint32_t>(whole);
  return static_cast<double>(whole) == value;
}

}  // namespace myelin
