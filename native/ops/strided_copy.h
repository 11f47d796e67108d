// The one loop nest under broadcastTo, transpose, concat, slice and pad: to[i . to_stride] = from[i .
// from_stride] for every index i of dims. Strides count items of 1 or 4 bytes and may be zero (from) or
// negative.
#pragma once

#include "op.h"

namespace myelin {

struct StridedCopy {
  int rank = 0;
  int64_t dims[kMaxRank] = {};
  int64_t to_stride[kMaxRank] = {};
  int64_t from_stride[kMaxRank] = {};
};

// Row-major strides of a view.
void row_major(const View& view, int64_t strides[kMaxRank]);

// No item of `to` may be addressed twice.
void strided_copy(StridedCopy copy, void* to, const void* from, int64_t item_bytes, Context& ctx);

// Writes n items whose bits are those of `value` (the low byte if items have one).
void fill_items(void* to, int64_t n, int64_t item_bytes, uint32_t value, Context& ctx);

// The bits of `value` as dtype, for fill_items; false if dtype cannot hold it (floats round, and hold
// anything).
bool item_bits(double value, DType dtype, uint32_t* bits);

}  // namespace myelin
