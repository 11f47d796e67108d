// One JavaScript environment (the main thread or a worker): its table of tensors.
#pragma once

#include <node_api.h>

#include <vector>

#include "../ops/op.h"
#include "../runtime/storage.h"

namespace myelin {

// A handle is an index (24 bits) and a generation (7 bits) in a positive int32, so a stale one is found out.
using Handle = int32_t;
constexpr Handle kNoHandle = -1;

struct Entry {
  Storage* storage = nullptr;  // nullptr: free
  uint32_t dims[kMaxRank];
  uint32_t generation = 0;
  uint32_t next_free = 0;
  DType dtype;
  uint8_t rank;
};

class Environment {
 public:
  explicit Environment(napi_env env);
  ~Environment();

  // The environment of a call, set as its module's instance data.
  static Environment* of(napi_env env);

  // Fills `view` and returns true, or returns false for a handle that is not live.
  bool view(double handle, View* view);
  // Takes over one reference to the storage; kNoHandle when the table is full.
  Handle add(Storage* storage, const View& shape);
  Storage* storage(double handle);
  bool release(double handle);

  // Keeps a Float64Array in shared memory, which nobody can take away or shrink, so that later calls read its memory without
  // asking for it anew. The first one stays, whichever is given later: that is the result, or nullptr for any other value.
  napi_value keep_spec(napi_value array);
  double* spec() const { return spec_; }
  size_t spec_length() const { return spec_length_; }

  int64_t tensors() const { return live_; }
  int64_t bytes() const { return bytes_; }

 private:
  static constexpr int kChunkBits = 12;
  static constexpr uint32_t kMaxEntries = uint32_t{1} << 24;

  Entry* find(double handle);
  Entry& at(uint32_t index) { return chunks_[index >> kChunkBits][index & ((1u << kChunkBits) - 1)]; }
  void count(int64_t bytes);

  napi_env env_;
  std::vector<Entry*> chunks_;
  uint32_t used_ = 0;
  uint32_t first_free_ = kMaxEntries;
  int64_t live_ = 0, bytes_ = 0, unreported_ = 0;
  double* spec_ = nullptr;
  size_t spec_length_ = 0;
  napi_ref spec_array_ = nullptr;
};

}  // namespace myelin
