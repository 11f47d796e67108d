// Rows by index: gather, and its gradient scatterAdd. x is viewed as [outer, n, inner], the indices as [k],
// the gathered rows as [outer, k, inner]; attrs are outer, n, inner. An index below 0 counts from the end.
#include <algorithm>
#include <cstring>

#include "strided_copy.h"
#include "words.h"

namespace myelin {
namespace {

constexpr int64_t kGrainItems = 8192;  // that are worth a thread: rows mostly come from memory

struct Sizes {
  int64_t outer, n, inner, k;
};

Sizes sizes_of(const OpArgs& args) {
  return {args.attr_int(0), args.attr_int(1), args.attr_int(2), args.in[1].size()};
}

// Whether a * b * c == size. Doubles cannot overflow, and are exact wherever the answer is yes.
bool product_is(double a, double b, double c, int64_t size) { return a * b * c == static_cast<double>(size); }

// `whole` is [outer, n, inner], `rows` is [outer, k, inner].
const char* check_sizes(const OpArgs& args, const View& whole, const View& rows) {
  const int64_t limit = int64_t{1} << 40;
  for (int i = 0; i < 3; i++)
    if (!whole_attr(args, i, 0, limit)) return "outer, n and inner must be whole numbers";
  const double outer = args.attrs[0], n = args.attrs[1], inner = args.attrs[2];
  if (args.in[1].dtype != DType::kInt32) return "indices must be int32";
  if (!product_is(outer, n, inner, whole.size()))
    return "outer * n * inner is not the size of the indexed array";
  if (!product_is(outer, static_cast<double>(args.in[1].size()), inner, rows.size())) {
    return "outer * indices * inner is not the size of the rows";
  }
  return nullptr;
}

const char* check_indices(const int32_t* index, const Sizes& s) {
  for (int64_t j = 0; j < s.k; j++) {
    if (index[j] < -s.n || index[j] >= s.n) {
      return words("index %d at position %lld is out of range for size %lld", index[j],
                   static_cast<long long>(j), static_cast<long long>(s.n));
    }
  }
  return nullptr;
}

int64_t from_start(int32_t index, int64_t n) { return index < 0 ? index + n : index; }

// copy(row of x, row of y) for each row of y, over threads.
template <class X, class Y, class F>
void for_rows(const X* x, Y* y, const int32_t* index, const Sizes& s, Context& ctx, F copy) {
  ctx.for_range(
      s.outer * s.k, std::max<int64_t>(1, kGrainItems / s.inner), [&](int64_t begin, int64_t end) {
        while (begin < end) {
          const int64_t plane = begin / s.k, first = begin % s.k, last = std::min(s.k, first + (end - begin));
          const X* from = x + plane * s.n * s.inner;
          Y* to = y + plane * s.k * s.inner;
          for (int64_t j = first; j < last; j++)
            copy(from + from_start(index[j], s.n) * s.inner, to + j * s.inner);
          begin += last - first;
        }
      });
}

template <class T>
void gather_rows(const void* x, void* y, const int32_t* index, const Sizes& s, Context& ctx) {
  const T* from = static_cast<const T*>(x);
  T* to = static_cast<T*>(y);
  const size_t bytes = static_cast<size_t>(s.inner) * sizeof(T);
  if (s.inner == 1) {
    for_rows(from, to, index, s, ctx, [](const T* a, T* b) { *b = *a; });
  } else {
    for_rows(from, to, index, s, ctx, [bytes](const T* a, T* b) { std::memcpy(b, a, bytes); });
  }
}

// A uint8 x may become float32, times attribute 3 (1 if there is none).
const char* check_gather(const OpArgs& args) {
  if (args.ins != 2 || args.outs != 1) return "takes an array and indices and gives one output";
  const View &x = args.in[0], &y = args.out[0];
  const bool converts = x.dtype == DType::kUint8 && y.is_float();
  if (x.dtype != y.dtype && !converts)
    return "the output must have the input's dtype, or be float32 from uint8";
  if (args.attr_count != 3 && args.attr_count != 4) return "needs outer, n, inner and at most a scale";
  if (args.attr_count == 4 && !converts) return "a scale needs a uint8 input and a float32 output";
  return check_sizes(args, x, y);
}

const char* run_gather(const OpArgs& args, Context& ctx) {
  const View &x = args.in[0], &y = args.out[0];
  const Sizes s = sizes_of(args);
  const int32_t* index = args.in[1].i32();
  if (const char* wrong = check_indices(index, s)) return wrong;
  if (y.size() == 0) return nullptr;
  if (x.dtype != y.dtype) {
    const float scale = args.attr_count == 4 ? args.attr(3) : 1.0f;
    for_rows(x.u8(), y.f32(), index, s, ctx,
             [&](const uint8_t* a, float* b) { ctx.kernels.scale_bytes(a, b, s.inner, scale); });
  } else if (dtype_bytes(x.dtype) == 4) {
    gather_rows<uint32_t>(x.data, y.data, index, s, ctx);
  } else {
    gather_rows<uint8_t>(x.data, y.data, index, s, ctx);
  }
  return nullptr;
}

const char* check_scatter(const OpArgs& args) {
  if (args.ins != 2 || args.outs != 1) return "takes rows and indices and gives one output";
  if (!args.in[0].is_float() || !args.out[0].is_float()) return "rows and output must be float32";
  if (args.attr_count != 3) return "needs outer, n and inner";
  return check_sizes(args, args.out[0], args.in[0]);
}

// Threads divide outer and inner, never the rows, so every sum is taken in the order of the indices.
const char* run_scatter(const OpArgs& args, Context& ctx) {
  constexpr int64_t kColumns = 64;
  const Sizes s = sizes_of(args);
  const int32_t* index = args.in[1].i32();
  if (const char* wrong = check_indices(index, s)) return wrong;
  fill_items(args.out[0].data, args.out[0].size(), 4, 0, ctx);
  if (args.in[0].size() == 0) return nullptr;

  const int64_t chunks = (s.inner + kColumns - 1) / kColumns;
  const int64_t grain = std::max<int64_t>(1, kGrainItems / (s.k * std::min(s.inner, kColumns)));
  ctx.for_range(s.outer * chunks, grain, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t plane = begin / chunks, first = begin % chunks,
                    last = std::min(chunks, first + (end - begin));
      const int64_t column = first * kColumns, columns = std::min(s.inner, last * kColumns) - column;
      const float* dy = args.in[0].f32() + plane * s.k * s.inner + column;
      float* dx = args.out[0].f32() + plane * s.n * s.inner + column;
      for (int64_t j = 0; j < s.k; j++) {
        const float* from = dy + j * s.inner;
        float* to = dx + from_start(index[j], s.n) * s.inner;
        for (int64_t i = 0; i < columns; i++) to[i] += from[i];
      }
      begin += last - first;
    }
  });
  return nullptr;
}

}  // namespace

extern const OpDef op_gather, op_scatterAdd;
const OpDef op_gather = {"gather", check_gather, run_gather};
const OpDef op_scatterAdd = {"scatterAdd", check_scatter, run_scatter};

}  // namespace myelin
