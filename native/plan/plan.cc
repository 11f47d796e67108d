#include "plan.h"

#include <atomic>
#include <chrono>
#include <cmath>

#include "../dispatch/dispatch.h"

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

Bound::~Bound() { clear(); }

void Bound::add(Storage* storage, const View& view) {
  storage->retain();
  storages.push_back(storage);
  views.push_back(view);
}

void Bound::clear() {
  for (Storage* s : storages) s->release();
  storages.clear();
  views.clear();
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
  for (size_t i = 0; i < written_.size(); i++) {
    if (!written_[i]) continue;
    for (size_t j = 0; j < written_.size(); j++)
      if (j != i && bound->storages[i] == bound->storages[j])
        return say(wrong, "tensor " + std::to_string(i) + ", which the plan writes, shares its memory with tensor " +
                              std::to_string(j));
  }
  bound->id = last_run.fetch_add(1, std::memory_order_relaxed) + 1;
  return true;
}

void Plan::link(const Bound& bound) {
  for (const Link& l : fixed_) l.view->data = bound.views[static_cast<size_t>(l.binding)].data;
  linked_ = bound.id;
}

StepStatus Plan::step(const Bound& bound, int64_t step, const double* scalars, std::string* wrong) {
  if (linked_ != bound.id) link(bound);
  for (const Link& l : stepped_) {
    auto* const data = static_cast<char*>(bound.views[static_cast<size_t>(l.binding)].data);
    l.view->data = data + (bound.first + step) * l.stride_bytes;
  }
  for (const int i : patched_) {
    const Instruction& n = instructions_[static_cast<size_t>(i)];
    for (int k = 0; k < n.patch_count; k++) n.attrs[n.patches[k].attr] = scalars[n.patches[k].column];
    if (const char* text = n.op->check(n.args)) {
      *wrong = where(instructions_.data(), n, step) + text;
      return StepStatus::kFailed;
    }
  }
  return profiled_ ? run<true>(step, wrong) : run<false>(step, wrong);
}

template <bool profiled>
StepStatus Plan::run(int64_t step, std::string* wrong) {
  Context context{kernels(), ThreadPool::instance()};
  int64_t* time = times_.data();
  int64_t before = profiled ? nanoseconds() : 0;
  for (const Instruction& n : instructions_) {
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
  profiled_ = on;
  if (on) times_.assign(instructions_.size(), 0);
}

}  // namespace myelin
