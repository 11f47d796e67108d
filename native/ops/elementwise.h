// Shared by element-wise ops: their checks, and the walk over operands that are broadcast to the output's
// shape.
#pragma once

#include <cfloat>
#include <cmath>
#include <cstring>

#include "op.h"

namespace myelin {

// Elements from which a second thread pays: for kernels bound by memory, and for those of many instructions.
constexpr int64_t kCheapGrain = 32768;
constexpr int64_t kLongGrain = 8192;

inline const char* check_counts(const OpArgs& args, int ins, int attrs) {
  if (args.ins != ins) return "wrong number of inputs";
  if (args.outs != 1) return "wrong number of outputs";
  if (args.attr_count != attrs) return "wrong number of attributes";
  return nullptr;
}

// NumPy's rule: axes are matched from the last; each of `in` is 1 or equal to the output's.
inline bool broadcasts_to(const View& in, const View& out) {
  if (in.rank > out.rank) return false;
  for (int i = 0; i < in.rank; i++) {
    const int64_t d = in.dims[i];
    if (d != 1 && d != out.dims[i + out.rank - in.rank]) return false;
  }
  return true;
}

inline const char* check_alpha_value(const double* attrs) {
  return std::fabs(attrs[0]) <= FLT_MAX ? nullptr : "alpha is not finite";
}
inline const char* check_clip_values(const double* attrs) {
  return attrs[0] <= attrs[1] ? nullptr : "min is not at most max";
}

// The attributes as kernels take them; at most two.
struct FloatAttrs {
  float values[2] = {};
  explicit FloatAttrs(const OpArgs& args) : FloatAttrs(args.attrs, args.attr_count) {}
  FloatAttrs(const double* attrs, int count) {
    for (int i = 0; i < count; i++) {
      const double a = attrs[i];
      values[i] = a > FLT_MAX ? HUGE_VALF : a < -FLT_MAX ? -HUGE_VALF : static_cast<float>(a);
    }
  }
};

// The output's axes, the innermost first, without those of length 1 and with neighbours joined where every
// operand allows it. A step is what one index more adds to an operand's offset; in the innermost axis it is
// 0 or 1.
template <int N>
struct Broadcast {
  int rank = 0;
  int64_t dims[kMaxRank];
  int64_t steps[N][kMaxRank];

  Broadcast(const View& out, const View* in) {
    int64_t stride[N];
    for (int64_t& s : stride) s = 1;
    for (int axis = out.rank - 1; axis >= 0; axis--) {
      int64_t step[N];
      for (int k = 0; k < N; k++) {
        const int i = axis - out.rank + in[k].rank;
        const int64_t d = i < 0 ? 1 : in[k].dims[i];
        step[k] = d == 1 ? 0 : stride[k];
        stride[k] *= d;
      }
      if (out.dims[axis] != 1) append(out.dims[axis], step);
    }
    if (rank == 0) {
      const int64_t step[N] = {};
      append(1, step);
    }
  }

  int64_t inner() const { return dims[0]; }
  bool is_scalar(int k) const { return repeats(k, 0); }
  // The operand has the output's elements in the output's order.
  bool is_whole(int k) const {
    int64_t n = 1;
    for (int i = 0; i < rank; n *= dims[i++])
      if (steps[k][i] != n) return false;
    return true;
  }
  // All rows of the operand are the same.
  bool repeats_rows(int k) const { return repeats(k, 1); }

 private:
  bool repeats(int k, int first) const {
    for (int i = first; i < rank; i++)
      if (steps[k][i] != 0) return false;
    return true;
  }
  void append(int64_t d, const int64_t* step) {
    bool joins = rank > 0;
    for (int k = 0; k < N && joins; k++) joins = step[k] == steps[k][rank - 1] * dims[rank - 1];
    if (joins) {
      dims[rank - 1] *= d;
      return;
    }
    dims[rank] = d;
    for (int k = 0; k < N; k++) steps[k][rank] = step[k];
    rank++;
  }
};

// Goes through the rows (all axes but the innermost) in order and keeps each operand's offset.
template <int N>
struct RowWalk {
  const Broadcast<N>& shape;
  int64_t index[kMaxRank] = {};
  int64_t offset[N] = {};

  RowWalk(const Broadcast<N>& s, int64_t row) : shape(s) {
    for (int i = 1; i < s.rank; i++) {
      index[i] = row % s.dims[i];
      row /= s.dims[i];
      for (int k = 0; k < N; k++) offset[k] += index[i] * s.steps[k][i];
    }
  }
  void next() {
    for (int i = 1; i < shape.rank; i++) {
      for (int k = 0; k < N; k++) offset[k] += shape.steps[k][i];
      if (++index[i] < shape.dims[i]) return;
      index[i] = 0;
      for (int k = 0; k < N; k++) offset[k] -= shape.dims[i] * shape.steps[k][i];
    }
  }
};

// Writes `rows` rows of an operand one after the other.
template <int N, class T>
void expand_rows(const Broadcast<N>& shape, int k, const T* data, int64_t row, int64_t rows, T* out) {
  const int64_t inner = shape.inner(), step = shape.steps[k][0];
  RowWalk<N> walk(shape, row);
  for (; rows > 0; rows--, walk.next(), out += inner) {
    const T* p = data + walk.offset[k];
    for (int64_t i = 0; i < inner; i++) out[i] = p[i * step];
  }
}

// Calls f(pointers, steps, offset, count): `count` elements of the output from `offset` on and the operands
// that belong to them. Short rows are first laid out in blocks that stay in the cache, so that a call has
// many elements.
template <int N, class F>
void for_broadcast(Context& ctx, const View& out, const View* in, int64_t grain, F f) {
  constexpr int64_t kShortRow = 64, kBlock = 1024;
  const int64_t n = out.size();
  if (n == 0) return;
  const Broadcast<N> shape(out, in);
  const int64_t inner = shape.inner();
  int64_t bytes[N];
  const uint8_t* data[N];
  for (int k = 0; k < N; k++) {
    bytes[k] = dtype_bytes(in[k].dtype);
    data[k] = static_cast<const uint8_t*>(in[k].data);
  }

  if (inner >= kShortRow || shape.rank == 1) {
    ctx.for_range(n, grain, [&](int64_t begin, int64_t end) {
      int64_t column = begin % inner;
      for (RowWalk<N> walk(shape, begin / inner); begin < end; walk.next(), column = 0) {
        const int64_t count = inner - column < end - begin ? inner - column : end - begin;
        const void* p[N];
        int64_t steps[N];
        for (int k = 0; k < N; k++) {
          steps[k] = shape.steps[k][0];
          p[k] = data[k] + (walk.offset[k] + column * steps[k]) * bytes[k];
        }
        f(p, steps, begin, count);
        begin += count;
      }
    });
    return;
  }

  const int64_t block_rows = kBlock / inner;
  ctx.for_range(n / inner, grain / inner, [&](int64_t begin, int64_t end) {
    alignas(64) uint32_t block[N][kBlock];
    for (int64_t row = begin; row < end; row += block_rows) {
      const int64_t rows = end - row < block_rows ? end - row : block_rows;
      const void* p[N];
      int64_t steps[N];
      for (int k = 0; k < N; k++) {
        steps[k] = shape.is_scalar(k) ? 0 : 1;
        if (shape.is_scalar(k) || shape.is_whole(k)) {
          p[k] = data[k] + row * inner * steps[k] * bytes[k];
          continue;
        }
        p[k] = block[k];
        if (row != begin && shape.repeats_rows(k)) continue;
        if (bytes[k] == 1) {
          expand_rows(shape, k, data[k], row, rows, reinterpret_cast<uint8_t*>(block[k]));
        } else {
          expand_rows(shape, k, reinterpret_cast<const uint32_t*>(data[k]), row, rows, block[k]);
        }
      }
      f(p, steps, row * inner, rows * inner);
    }
  });
}

}  // namespace myelin
