#include "job.h"

#include <algorithm>
#include <cfenv>
#include <condition_variable>
#include <deque>
#include <thread>

#include "../runtime/turnstile.h"

namespace myelin {
namespace {

constexpr int kMaxRunners = 32;

// Threads that run jobs, made when one is needed and none is free, and parked in between.
class Runners {
 public:
  static Runners& instance() {
    static Runners* const runners = new Runners();  // never destroyed: its threads run until the process ends
    return *runners;
  }

  void add(std::shared_ptr<Job> job, void (*run)(Job&)) {
    std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back({std::move(job), run});
    if (static_cast<size_t>(idle_) >= queue_.size() || runners_ == kMaxRunners) {
      wake_.notify_one();
      return;
    }
    runners_++;
    std::thread([this] { serve(); }).detach();
  }

 private:
  struct Work {
    std::shared_ptr<Job> job;
    void (*run)(Job&);
  };

  void serve() {
    std::fesetenv(FE_DFL_ENV);
    for (;;) {
      Work work;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        idle_++;
        wake_.wait(lock, [&] { return !queue_.empty(); });
        idle_--;
        work = std::move(queue_.front());
        queue_.pop_front();
      }
      work.run(*work.job);
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Work> queue_;
  int runners_ = 0, idle_ = 0;
};

}  // namespace

const char* status_name(RunStatus status) {
  static const char* const kNames[] = {"done", "aborted", "notFinite", "failed"};
  return kNames[static_cast<int>(status)];
}

void Job::start(std::shared_ptr<Job> job) {
  Turnstile::job_begins();
  Runners::instance().add(std::move(job), [](Job& j) {
    j.run();
    Turnstile::job_ends();
    j.settled();
  });
}

void Job::run() {
  status_ = run_steps();
  std::lock_guard<std::mutex> lock(scalars_);
  bound_.reset();
  plan_.reset();
}

RunStatus Job::run_steps() {
  const int64_t steps = bound_->steps;
  const auto columns = static_cast<size_t>(plan_->columns());
  std::vector<double> row(columns);
  for (int64_t step = 0; step < steps; step++) {
    const Turnstile::Pass pass;
    if (aborted_.load(std::memory_order_relaxed)) return RunStatus::kAborted;
    if (columns > 0) {
      std::lock_guard<std::mutex> lock(scalars_);
      const auto from = bound_->scalars.begin() + static_cast<std::ptrdiff_t>(static_cast<size_t>(step) * columns);
      std::copy(from, from + static_cast<std::ptrdiff_t>(columns), row.begin());
    }
    switch (plan_->step(*bound_, step, row.data(), &wrong_)) {
      case StepStatus::kFailed: return RunStatus::kFailed;
      case StepStatus::kNotFinite: return RunStatus::kNotFinite;
      case StepStatus::kDone: steps_.store(step + 1, std::memory_order_release);
    }
  }
  return RunStatus::kDone;
}

bool Job::set_scalars(const double* scalars, size_t count) {
  std::lock_guard<std::mutex> lock(scalars_);
  if (bound_ == nullptr) return true;  // settled: there is no next step
  if (count != bound_->scalars.size()) return false;
  bound_->scalars.assign(scalars, scalars + count);
  return true;
}

}  // namespace myelin
