// PlanSpec → Plan. Counts are bounded by what is left of the spec, so memory grows with its length only.
#include <cstdarg>
#include <cstdio>

#include "../ops/spec_reader.h"
#include "plan.h"

namespace myelin {
namespace {

constexpr size_t kMaxLength = size_t{1} << 30;
constexpr int kMaxOutputs = 16;
constexpr int64_t kMaxArena = int64_t{1} << 46;
constexpr int64_t kMaxStride = int64_t{1} << 40;
constexpr int kMustBeFinite = 1;

enum class Overlap { kNone, kSame, kPartial };

Overlap overlap(const Buffer& a, const Buffer& b) {
  const bool arena = a.kind == BufferKind::kArena;
  if (a.bytes == 0 || b.bytes == 0 || arena != (b.kind == BufferKind::kArena)) return Overlap::kNone;
  if (arena && (a.location + a.bytes <= b.location || b.location + b.bytes <= a.location)) return Overlap::kNone;
  if (!arena && a.location != b.location) return Overlap::kNone;
  const bool same = a.kind == b.kind && a.kind != BufferKind::kStepped && a.location == b.location &&
                    a.bytes == b.bytes && a.view.dtype == b.view.dtype;
  return same ? Overlap::kSame : Overlap::kPartial;
}

}  // namespace

class Decoder {
 public:
  Decoder(const double* spec, size_t length) : reader_{spec, spec + length}, length_(length), plan_(new Plan()) {}

  std::shared_ptr<Plan> decode(std::string* wrong, int64_t* no_memory) {
    if (header() && buffers() && instructions() && allocate(no_memory) && resolve() && check()) return plan_;
    *wrong = wrong_;
    return nullptr;
  }

 private:
  // Where an instruction's parts begin in the pools, until these have their final size.
  struct Place {
    int opcode, ins, outs, attrs;
    size_t views, first_attr, first_patch;
    int patches;
    bool must_be_finite;
  };

#if defined(__GNUC__)
  __attribute__((format(printf, 2, 3)))
#endif
  bool refuse(const char* format, ...) {
    char text[400];
    va_list list;
    va_start(list, format);
    std::vsnprintf(text, sizeof text, format, list);
    va_end(list);
    wrong_ = text;
    return false;
  }

  bool header() {
    if (length_ > kMaxLength) return refuse("the plan's spec is longer than %zu numbers", kMaxLength);
    if (reader_.count(1) != 1) return refuse("the plan's spec is not of version 1");
    const int64_t most = reader_.left();
    buffer_count_ = reader_.count(most);
    instruction_count_ = reader_.count(most);
    arena_bytes_ = reader_.count(kMaxArena);
    plan_->bindings_ = reader_.count(most);
    plan_->columns_ = reader_.count(most);
    plan_->written_.resize(static_cast<size_t>(plan_->bindings_));
    bound_.resize(static_cast<size_t>(plan_->bindings_));
    return reader_.ok || refuse("the plan's header is malformed");
  }

  bool buffers() {
    for (int64_t i = 0; i < buffer_count_; i++) {
      Buffer b;
      b.kind = static_cast<BufferKind>(reader_.count(kBufferKinds - 1));
      const bool shaped = reader_.shape(&b.view);
      const bool arena = b.kind == BufferKind::kArena;
      b.location = reader_.count(arena ? kMaxArena : plan_->bindings_);
      if (b.kind == BufferKind::kStepped) b.stride = reader_.count(kMaxStride);
      if (!shaped || !reader_.ok) return refuse("buffer %lld is malformed", static_cast<long long>(i));
      b.bytes = b.view.size() * dtype_bytes(b.view.dtype);
      if (arena && (b.location % 64 != 0 || b.location + b.bytes > arena_bytes_))
        return refuse("buffer %lld does not lie in the arena, or not on a multiple of 64", static_cast<long long>(i));
      if (!arena && b.location >= plan_->bindings_)
        return refuse("buffer %lld is bound to an unknown binding", static_cast<long long>(i));
      if (!arena) bound_[static_cast<size_t>(b.location)]++;
      plan_->buffers_.push_back(b);
    }
    return true;
  }

  bool instructions() {
    for (int64_t i = 0; i < instruction_count_; i++) {
      Place p;
      p.opcode = static_cast<int>(reader_.count(kOpCount - 1));
      p.ins = static_cast<int>(reader_.count(reader_.left()));
      p.outs = static_cast<int>(reader_.count(kMaxOutputs));
      p.attrs = static_cast<int>(reader_.count(reader_.left()));
      p.must_be_finite = reader_.count(kMustBeFinite) == kMustBeFinite;
      p.views = ids_.size();
      p.first_attr = plan_->attrs_.size();
      p.first_patch = plan_->patches_.size();
      for (int k = 0; reader_.ok && k < p.ins + p.outs; k++) ids_.push_back(reader_.count(buffer_count_ - 1));
      for (int k = 0; reader_.ok && k < p.attrs; k++) plan_->attrs_.push_back(reader_.number());
      p.patches = static_cast<int>(reader_.count(p.attrs));
      for (int k = 0; reader_.ok && k < p.patches; k++) {
        const auto attr = static_cast<int>(reader_.count(p.attrs - 1));
        plan_->patches_.push_back({attr, static_cast<int>(reader_.count(plan_->columns_ - 1))});
      }
      if (!reader_.ok) return refuse("instruction %lld is malformed", static_cast<long long>(i));
      if (!aliases(p, i)) return false;
      places_.push_back(p);
    }
    return reader_.left() == 0 || refuse("the plan's spec has numbers left over");
  }

  // An op that checks its indices before it uses them is safe only if nothing it writes lies over the indices. So an
  // output shares memory with an input only where both are the same array of one dtype, and with another output never.
  bool aliases(const Place& p, int64_t i) {
    const auto buffer = [&](int k) -> const Buffer& {
      return plan_->buffers_[static_cast<size_t>(ids_[p.views + static_cast<size_t>(k)])];
    };
    const auto at = static_cast<long long>(i);
    const char* name = kOps[p.opcode]->name;
    for (int k = p.ins; k < p.ins + p.outs; k++) {
      const Buffer& out = buffer(k);
      if (out.kind == BufferKind::kStepped && !sole(out))
        return refuse("instruction %lld (%s) writes a stepped binding that other buffers are bound to", at, name);
      if (out.kind != BufferKind::kArena) plan_->written_[static_cast<size_t>(out.location)] = plan_->writes_ = true;
      for (int j = 0; j < k; j++) {
        const Overlap shared = overlap(out, buffer(j));
        if (shared == Overlap::kNone || (shared == Overlap::kSame && j < p.ins)) continue;
        return refuse("instruction %lld (%s) has an output that overlaps another of its arrays", at, name);
      }
    }
    return true;
  }

  bool sole(const Buffer& b) const { return bound_[static_cast<size_t>(b.location)] == 1; }

  bool allocate(int64_t* no_memory) {
    plan_->arena_ = allocate_storage(arena_bytes_);
    if (plan_->arena_ != nullptr) return true;
    *no_memory = arena_bytes_;
    return refuse("the plan's arena does not fit");
  }

  // Fills the pools, now that they need not move again, and the lists of what changes from run to run.
  bool resolve() {
    Plan& plan = *plan_;
    auto* const arena = static_cast<char*>(plan.arena_->data);
    for (Buffer& b : plan.buffers_)
      if (b.kind == BufferKind::kArena) b.view.data = arena + b.location;
    plan.views_.resize(ids_.size());
    for (size_t k = 0; k < ids_.size(); k++) {
      const Buffer& b = plan.buffers_[static_cast<size_t>(ids_[k])];
      View* view = &plan.views_[k];
      *view = b.view;
      if (b.kind == BufferKind::kBinding) plan.fixed_.push_back({view, b.location, 0});
      if (b.kind == BufferKind::kStepped)
        plan.stepped_.push_back({view, b.location, b.stride * dtype_bytes(b.view.dtype)});
    }
    for (const Place& p : places_) {
      Instruction n;
      n.op = kOps[p.opcode];
      n.attrs = plan.attrs_.data() + p.first_attr;
      View* const views = plan.views_.data() + p.views;
      n.args = {views, p.ins, views + p.ins, p.outs, n.attrs, p.attrs};
      n.patches = plan.patches_.data() + p.first_patch;
      n.patch_count = p.patches;
      n.must_be_finite = p.must_be_finite;
      if (p.patches > 0) plan.patched_.push_back(static_cast<int>(plan.instructions_.size()));
      plan.instructions_.push_back(n);
    }
    return true;
  }

  bool check() {
    for (const Instruction& n : plan_->instructions_) {
      const auto at = static_cast<long long>(&n - plan_->instructions_.data());
      if (const char* wrong = n.op->check(n.args))
        return refuse("instruction %lld (%s): %s", at, n.op->name, wrong);
      const bool scalar = n.args.outs > 0 && n.args.out[0].is_float() && n.args.out[0].size() == 1;
      if (n.must_be_finite && !scalar)
        return refuse("instruction %lld (%s) is to be finite but has no float32 scalar as its output", at, n.op->name);
    }
    return true;
  }

  SpecReader reader_;
  size_t length_;
  std::shared_ptr<Plan> plan_;
  std::string wrong_;
  int64_t buffer_count_ = 0, instruction_count_ = 0, arena_bytes_ = 0;
  std::vector<int64_t> bound_;  // buffers to each binding
  std::vector<int64_t> ids_;  // of every instruction's inputs and outputs
  std::vector<Place> places_;
};

std::shared_ptr<Plan> Plan::decode(const double* spec, size_t length, std::string* wrong, int64_t* no_memory) {
  return Decoder(spec, length).decode(wrong, no_memory);
}

}  // namespace myelin
