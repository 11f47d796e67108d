// A compiled schedule: instructions over the buffers of one arena and over storages that each run brings along. Made
// once from a PlanSpec, which nobody vouches for: whatever numbers it holds, decoding refuses it or the plan is safe to
// run with any bindings that bind() accepts.
//
// PlanSpec: [version = 1, buffers n, instructions m, arena bytes, bindings b, scalar columns c,
//   n × buffer: [kind, dtype, rank, dims..., location...]
//     arena: byte offset, a multiple of 64
//     binding: index of a tensor of this dtype and size
//     stepped binding: index of a tensor of this dtype, stride; element 0 is element (first + step) * stride of it;
//       one that is written is bound to nothing else
//   m × instruction: [opcode, ins, outs, attrs, flags, in ids..., out ids..., attrs..., patches, (attr, column)...]
//     flags: 1 = after it, its first output, one float32, must be finite, else the run ends before what follows
//     a patch sets the attribute at each step from the run's table of scalars, [steps, columns]]
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../ops/op.h"
#include "../runtime/storage.h"

namespace myelin {

enum class BufferKind { kArena, kBinding, kStepped };
constexpr const char* kBufferKindNames[] = {"arena", "binding", "stepped"};  // in their order
constexpr int kBufferKinds = sizeof(kBufferKindNames) / sizeof(kBufferKindNames[0]);

struct Buffer {
  BufferKind kind = BufferKind::kArena;
  View view;            // without data, unless in the arena
  int64_t bytes = 0;
  int64_t location = 0;  // byte offset, or index of a binding
  int64_t stride = 0;    // elements a step
};

struct Patch {
  int attr;
  int column;
};

// Views and attributes of an instruction lie in the plan's pools, where `args` points.
struct Instruction {
  const OpDef* op;
  OpArgs args;
  double* attrs;
  const Patch* patches;
  int patch_count;
  bool must_be_finite;
  ScratchSize scratch;
};

// Tensors and numbers that one run is given. The storages stay alive while it does.
class Bound {
 public:
  Bound() = default;
  ~Bound();
  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;

  void add(Storage* storage, const View& view);
  // Sees to it that there is so much working memory; false if it does not fit.
  bool reserve(int64_t bytes);
  void* scratch() const { return scratch_ == nullptr ? nullptr : scratch_->data; }

  std::vector<Storage*> storages;
  std::vector<View> views;
  int64_t steps = 0;
  int64_t first = 0;            // number of the first step, for stepped bindings
  std::vector<double> scalars;  // [steps, columns]
  uint64_t id = 0;              // of this run in the process, never used twice

 private:
  Storage* scratch_ = nullptr;
};

enum class StepStatus { kDone, kNotFinite, kFailed, kNoMemory };

class Plan {
 public:
  // nullptr with `wrong` in words; `no_memory` is set to the arena's size if that is what is missing.
  static std::shared_ptr<Plan> decode(const double* spec, size_t length, std::string* wrong, int64_t* no_memory);
  ~Plan();
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // Whether a run fits, in words if not. Changes nothing but `bound->id`.
  bool bind(Bound* bound, std::string* wrong) const;

  // Step `step` of a run, with its row of scalars. The caller holds the turnstile. A failed step has run some of its
  // instructions; `wrong` says why. One for whose working memory, `lacking` bytes, there is no room has run none.
  StepStatus step(Bound& bound, int64_t step, const double* scalars, std::string* wrong, int64_t* lacking);

  int columns() const { return static_cast<int>(columns_); }
  int64_t arena_bytes() const { return arena_ == nullptr ? 0 : static_cast<int64_t>(arena_->bytes); }

  // Nanoseconds of each instruction, summed over steps while profiling is on. Guarded by the turnstile.
  void profile(bool on);
  const std::vector<int64_t>& times() const { return times_; }

 private:
  friend class Decoder;
  // A view in the pool that points into a tensor of the run.
  struct BoundView {
    View* view;
    int64_t binding;
    int64_t stride_bytes;  // a step
  };

  Plan() = default;
  bool distinct(const Bound& bound, std::string* wrong) const;
  void link(const Bound& bound);
  int64_t scratch_bytes(const Context& context);
  template <bool profiled>
  StepStatus run(Context& context, void* scratch, int64_t step, std::string* wrong);

  int64_t bindings_ = 0, columns_ = 0;
  std::vector<Buffer> buffers_;
  std::vector<Instruction> instructions_;
  std::vector<int> patched_;  // indices of instructions with patches
  std::vector<View> views_;
  std::vector<double> attrs_;
  std::vector<Patch> patches_;
  std::vector<BoundView> fixed_, stepped_;  // set anew for each run, for each step
  std::vector<bool> written_;  // bindings that an instruction has as an output
  bool writes_ = false;        // whether there are any
  Storage* arena_ = nullptr;
  uint64_t linked_ = 0;  // the run that the views point into now
  // Where the instructions' working memory was last measured, and the most that one without patches takes.
  const KernelTable* measured_kernels_ = nullptr;
  int measured_threads_ = 0;
  int64_t measured_dearness_ = 0;
  int64_t most_scratch_ = 0;
  bool profiled_ = false;
  std::vector<int64_t> times_;
};

}  // namespace myelin
