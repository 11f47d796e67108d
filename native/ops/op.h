// An op to C++: a name, a check of its views and attributes, and a run. An eager call and a plan's instruction
// both arrive here as the same OpArgs; only where the views point differs.
#pragma once

#include <cstdint>

#include "context.h"

namespace myelin {

enum class DType : uint8_t {
#define DTYPE(constant, name, bytes) constant,
#include "dtypes.def"
#undef DTYPE
};
constexpr const char* kDTypeNames[] = {
#define DTYPE(constant, name, bytes) #name,
#include "dtypes.def"
#undef DTYPE
};
constexpr int kDTypes = sizeof(kDTypeNames) / sizeof(kDTypeNames[0]);
constexpr int64_t dtype_bytes(DType dtype) {
  constexpr int64_t kBytes[] = {
#define DTYPE(constant, name, bytes) bytes,
#include "dtypes.def"
#undef DTYPE
  };
  return kBytes[static_cast<int>(dtype)];
}

constexpr int kMaxRank = 8;
// The most elements of a tensor, and of its dimensions without those that are 0, so that no product of some overflows.
constexpr double kMaxSize = 8796093022208.0;  // 2^43

// A contiguous row-major array. `data` may be null while an op is only checked.
struct View {
  void* data = nullptr;
  DType dtype = DType::kFloat32;
  int rank = 0;
  int64_t dims[kMaxRank];  // the first `rank` are set

  int64_t size() const {
    int64_t n = 1;
    for (int i = 0; i < rank; i++) n *= dims[i];
    return n;
  }
  int64_t dim(int axis) const { return dims[axis < 0 ? axis + rank : axis]; }  // -1 is the last
  float* f32() const { return static_cast<float*>(data); }
  int32_t* i32() const { return static_cast<int32_t*>(data); }
  uint8_t* u8() const { return static_cast<uint8_t*>(data); }  // uint8 and bool
  bool is_float() const { return dtype == DType::kFloat32; }
};

// The most inputs of an op that compares them in pairs: with more, a check alone would take minutes.
constexpr int kMostPaired = 1 << 15;

// Whether two arrays share memory; no where one has no data yet.
inline bool overlap(const View& a, const View& b) {
  const char* const x = static_cast<const char*>(a.data);
  const char* const y = static_cast<const char*>(b.data);
  return x != nullptr && y != nullptr && x < y + b.size() * dtype_bytes(b.dtype) &&
         y < x + a.size() * dtype_bytes(a.dtype);
}

constexpr int64_t kMaxDim = 0xffffffff;

// Whether a tensor can have this shape.
inline bool fits(const View& v) {
  double size = 1;
  for (int i = 0; i < v.rank; i++)
    if (v.dims[i] > 0) size *= static_cast<double>(v.dims[i]);
  return size < kMaxSize;
}

inline bool same_shape(const View& a, const View& b) {
  if (a.rank != b.rank) return false;
  for (int i = 0; i < a.rank; i++)
    if (a.dims[i] != b.dims[i]) return false;
  return true;
}

struct OpArgs {
  const View* in = nullptr;
  int ins = 0;
  const View* out = nullptr;  // already sized by the caller; the op checks that the size is right and fills it
  int outs = 0;
  const double* attrs = nullptr;
  int attr_count = 0;

  float attr(int i) const { return static_cast<float>(attrs[i]); }
  int64_t attr_int(int i) const { return static_cast<int64_t>(attrs[i]); }
};

struct OpDef {
  const char* name;
  // nullptr, or what is wrong, in words. Everything run() relies on is checked here: counts, dtypes, shapes, and that
  // attributes are in range (an attribute can be any double, NaN included).
  const char* (*check)(const OpArgs&);
  // Reads `in`, writes all of `out` (or, for an update op, its mutable inputs). Must not throw or allocate: its working
  // memory is the context's. An error that depends on values (a label out of range) is returned, with the outputs undefined.
  const char* (*run)(const OpArgs&, Context&);
  // How much of that it takes, for arguments that were checked and the context's threads and kernels; nullptr: none.
  ScratchSize (*scratch)(const OpArgs&, const Context&) = nullptr;
};

// The ops of ops.def, in its order; an opcode is an index into it.
extern const OpDef* const kOps[];
extern const int kOpCount;

}  // namespace myelin
