#include "plan.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>

#include "../dispatch/dispatch.h"
#include "../runtime/float_mode.h"

namespace myelin {
namespace {

std::atomic<uint64_t> last_run{0};

bool say(std::string* wrong, const std::string& text) {
  *wrong = text;
  return false;
}

std::string where(const Instruction* first, const Instruction& n, int64_t step) {
  return std::string(n.op->name) + " (instruction " + std::to_string(&n - first) + ", step " + std::to_string(step) +
         "): ";
}

int64_t nanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Bound::~Bound() {
  for (Storage* s : storages) s->release();
  if (scratch_ != nullptr) scratch_->release();
}

void Bound::add(Storage* storage, const View& view) {
  storages.push_back(storage);
  storage->retain();
  views.push_back(view);
}

bool Bound::reserve(int64_t bytes) {
  if (bytes == 0 || (scratch_ != nullptr && static_cast<int64_t>(scratch_->bytes) >= bytes)) return true;
  if (scratch_ != nullptr) scratch_->release();
  scratch_ = allocate_storage(bytes);
  return scratch_ != nullptr;
}

Plan::~Plan() {
  if (arena_ != nullptr) arena_->release();
}

bool Plan::bind(Bound* bound, std::string* wrong) const {
  const auto number = [](int64_t n) { return std::to_string(n); };
  if (static_cast<int64_t>(bound->views.size()) != bindings_)
    return say(wrong, "the plan takes " + number(bindings_) + " tensors, not " + std::to_string(bound->views.size()));
  if (static_cast<double>(bound->scalars.size()) != static_cast<double>(bound->steps) * static_cast<double>(columns_))
    return say(wrong, "the scalars must be steps × " + number(columns_) + " numbers");
  for (const Buffer& b : buffers_) {
    if (b.kind == BufferKind::kArena) continue;
    const View& given = bound->views[static_cast<size_t>(b.location)];
    const std::string name = "tensor " + number(b.location);
    if (given.dtype != b.view.dtype) return say(wrong, name + " is not of the dtype that the plan was made for");
    const int64_t spare = given.size() - b.view.size();
    if (b.kind == BufferKind::kBinding && spare != 0)
      return say(wrong, name + " has " + number(given.size()) + " elements; the plan was made for " +
                            number(b.view.size()));
    if (b.kind == BufferKind::kBinding || bound->steps == 0) continue;
    const int64_t last = bound->first + bound->steps - 1;
    if (spare < 0 || (b.stride > 0 && last > spare / b.stride))
      return say(wrong, name + " ends before step " + number(last));
  }
  if (writes_ && !distinct(*bound, wrong)) return false;
  bound->id = last_run.fetch_add(1, std::memory_order_relaxed) + 1;
  return true;
}

// Whether what the plan writes shares its memory with nothing else.
bool Plan::distinct(const Bound& bound, std::string* wrong) const {
  std::vector<size_t> order(written_.size());
  for (size_t i = 0; i < order.size(); i++) order[i] = i;
  const auto storage = [&](size_t i) { return reinterpret_cast<uintptr_t>(bound.storages[i]); };
  std::sort(order.begin(), order.end(), [&](size_t i, size_t j) {
    return storage(i) != storage(j) ? storage(i) < storage(j) : written_[i] > written_[j];
  });
  for (size_t k = 1; k < order.size(); k++) {
    const size_t i = order[k - 1], j = order[k];  // of one storage the first is a written one, if any is
    if (storage(i) == storage(j) && written_[i])
      return say(wrong, "tensor " + std::to_string(i) + ", which the plan writes, shares its memory with tensor " +
                            std::to_string(j));
  }
  return true;
}

void Plan::link(const Bound& bound) {
  for (const BoundView& v : fixed_) v.view->data = bound.views[static_cast<size_t>(v.binding)].data;
  linked_ = bound.id;
}

// Working memory that the instructions need, the most that one does. A patch may change what it needs.
int64_t Plan::scratch_bytes(const Context& context) {
  const auto measure = [&](Instruction& n) {
    n.scratch = n.op->scratch == nullptr ? ScratchSize{} : n.op->scratch(n.args, context);
    return n.scratch.bytes(context.threads);
  };
  if (measured_kernels_ != &context.kernels || measured_threads_ != context.threads ||
      measured_dearness_ != context.dearness) {
    measured_kernels_ = &context.kernels;
    measured_threads_ = context.threads;
    measured_dearness_ = context.dearness;
    most_scratch_ = 0;
    for (Instruction& n : instructions_)
      if (n.patch_count == 0) most_scratch_ = std::max(most_scratch_, measure(n));
  }
  int64_t most = most_scratch_;
  for (const int i : patched_) most = std::max(most, measure(instructions_[static_cast<size_t>(i)]));
  return most;
}

StepStatus Plan::step(Bound& bound, int64_t step, const double* scalars, std::string* wrong, int64_t* lacking) {
  const FloatMode mode;
  if (linked_ != bound.id) link(bound);
  for (const BoundView& v : stepped_) {
    auto* const data = static_cast<char*>(bound.views[static_cast<size_t>(v.binding)].data);
    v.view->data = data + (bound.first + step) * v.stride_bytes;
  }
  for (const int i : patched_) {
    const Instruction& n = instructions_[static_cast<size_t>(i)];
    for (int k = 0; k < n.patch_count; k++) n.attrs[n.patches[k].attr] = scalars[n.patches[k].column];
    if (const char* text = n.op->check(n.args)) {
      *wrong = where(instructions_.data(), n, step) + text;
      return StepStatus::kFailed;
    }
  }
  Context context(kernels(), ThreadPool::instance());
  const int64_t bytes = scratch_bytes(context);
  if (!bound.reserve(bytes)) {
    *lacking = bytes;
    return StepStatus::kNoMemory;
  }
  return profiled_ ? run<true>(context, bound.scratch(), step, wrong)
                   : run<false>(context, bound.scratch(), step, wrong);
}

template <bool profiled>
StepStatus Plan::run(Context& context, void* scratch, int64_t step, std::string* wrong) {
  int64_t* time = times_.data();
  int64_t before = profiled ? nanoseconds() : 0;
  for (const Instruction& n : instructions_) {
    context.use(scratch, n.scratch);
    const char* const text = n.op->run(n.args, context);
    if (profiled) {
      const int64_t now = nanoseconds();
      *time++ += now - before;
      before = now;
    }
    if (text != nullptr) {
      *wrong = where(instructions_.data(), n, step) + text;
      return StepStatus::kFailed;
    }
    if (n.must_be_finite && !std::isfinite(n.args.out[0].f32()[0])) return StepStatus::kNotFinite;
  }
  return StepStatus::kDone;
}

void Plan::profile(bool on) {
  if (on) times_.assign(instructions_.size(), 0);
  profiled_ = on;
}

}  // namespace myelin
