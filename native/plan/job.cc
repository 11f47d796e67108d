#include "job.h"

#include <algorithm>
#include <condition_variable>
#include <new>

#include "../runtime/thread.h"
#include "../runtime/turnstile.h"

namespace myelin {

// The thread that runs jobs, made for the first one and never destroyed. Only one step of any job runs at a time, with
// the whole pool, so that more threads would do no more. It has nobody to tell of a lack of memory, so it takes none: a job
// goes from queue to queue in the element that it came in.
class Runner {
 public:
  using Queue = std::list<std::shared_ptr<Job>>;

  static Runner& instance() {
    static Runner* const runner = new Runner();
    return *runner;
  }

  bool prepare() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!running_) running_ = start_thread([this] { serve(); });
    return running_;
  }

  void add(Queue one) {
    std::lock_guard<std::mutex> lock(mutex_);
    fresh_.splice(fresh_.end(), one);
    Turnstile::job_begins();
    wake_.notify_one();
  }

  // Some job has been aborted.
  void look() { aborted_.store(true, std::memory_order_release); }

 private:
  void serve() {
    for (;;) {
      Queue one = next();
      const std::shared_ptr<Job>& job = one.front();
      bool more = false;
      if (!job->aborted()) more = job->step();
      else job->end(RunStatus::kAborted);
      if (!more) {
        job->finish();
        Turnstile::job_ends();
        job->settled();
      } else {
        std::lock_guard<std::mutex> lock(mutex_);
        begun_.splice(begun_.end(), one);
      }
    }
  }

  // Waits until there is a job: an aborted one, else in turns a fresh one and the one whose last step was longest ago.
  Queue next() {
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait(lock, [&] { return !fresh_.empty() || !begun_.empty(); });
    if (aborted_.exchange(false, std::memory_order_acquire)) {
      for (Queue* queue : {&fresh_, &begun_}) {
        const auto found = std::find_if(queue->begin(), queue->end(), [](const auto& job) { return job->aborted(); });
        if (found == queue->end()) continue;
        look();  // there may be others
        return take(*queue, found);
      }
    }
    was_fresh_ = !fresh_.empty() && (begun_.empty() || !was_fresh_);
    Queue& queue = was_fresh_ ? fresh_ : begun_;
    return take(queue, queue.begin());
  }

  static Queue take(Queue& queue, Queue::iterator at) {
    Queue one;
    one.splice(one.end(), queue, at);
    return one;
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  Queue fresh_, begun_;
  bool running_ = false, was_fresh_ = false;
  std::atomic<bool> aborted_{false};
};

const char* status_name(RunStatus status) {
  static const char* const kNames[] = {"done", "aborted", "notFinite", "failed", "noMemory"};
  return kNames[static_cast<int>(status)];
}

bool Job::prepare() { return Runner::instance().prepare(); }
void Job::start(std::list<std::shared_ptr<Job>> one) { Runner::instance().add(std::move(one)); }

void Job::abort() {
  aborted_.store(true, std::memory_order_relaxed);
  Runner::instance().look();
}

void Job::run(bool (*ends)(void*), void* data) {
  while (step())
    if (ends(data)) aborted_.store(true, std::memory_order_relaxed);
  finish();
}

void Job::finish() {
  std::lock_guard<std::mutex> lock(scalars_);
  bound_.reset();
  plan_.reset();
}

bool Job::end(RunStatus status) {
  status_ = status;
  return false;
}

bool Job::step() {
  const int64_t step = steps_.load(std::memory_order_relaxed);
  if (step == bound_->steps) return end(RunStatus::kDone);
  const Turnstile::Pass pass;
  if (aborted()) return end(RunStatus::kAborted);
  try {
    row_.resize(static_cast<size_t>(plan_->columns()));
    if (!row_.empty()) {
      std::lock_guard<std::mutex> lock(scalars_);
      const double* const from = bound_->scalars.data() + static_cast<size_t>(step) * row_.size();
      std::copy(from, from + row_.size(), row_.begin());
    }
    switch (plan_->step(*bound_, step, row_.data(), &wrong_, &lacking_)) {
      case StepStatus::kFailed: return end(RunStatus::kFailed);
      case StepStatus::kNotFinite: return end(RunStatus::kNotFinite);
      case StepStatus::kNoMemory: return end(RunStatus::kNoMemory);
      case StepStatus::kDone: steps_.store(step + 1, std::memory_order_release);
    }
  } catch (const std::bad_alloc&) {
    lacking_ = static_cast<int64_t>(row_.size() * sizeof(double));
    return end(RunStatus::kNoMemory);
  }
  return step + 1 < bound_->steps || end(RunStatus::kDone);
}

bool Job::set_scalars(const double* scalars, size_t count) {
  std::lock_guard<std::mutex> lock(scalars_);
  if (bound_ == nullptr) return true;  // settled: there is no next step
  if (count != bound_->scalars.size()) return false;
  std::copy(scalars, scalars + count, bound_->scalars.begin());
  return true;
}

}  // namespace myelin
