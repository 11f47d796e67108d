// A run of a plan, step by step under the turnstile: here and now, or as a job on a thread of its own.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "plan.h"

namespace myelin {

enum class RunStatus { kDone, kAborted, kNotFinite, kFailed };
const char* status_name(RunStatus status);  // "done", "aborted", "notFinite", "failed"

// Owns its plan and storages until it has settled, so it may outlive the environment that started it.
class Job {
 public:
  Job(std::shared_ptr<Plan> plan, std::unique_ptr<Bound> bound) : plan_(std::move(plan)), bound_(std::move(bound)) {}
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Runs all steps on the calling thread.
  void run();
  // Does so on a runner thread, which calls settled() last. Jobs beyond the runners wait for one.
  static void start(std::shared_ptr<Job> job);

  void abort() { aborted_.store(true, std::memory_order_relaxed); }
  // Whole steps done so far.
  int64_t steps() const { return steps_.load(std::memory_order_acquire); }
  // Replaces the table of scalars, [steps, columns], from the next step on; false if it is not of that size.
  bool set_scalars(const double* scalars, size_t count);

  // Once settled:
  RunStatus status() const { return status_; }
  const std::string& wrong() const { return wrong_; }

 protected:
  virtual void settled() {}

 private:
  RunStatus run_steps();

  std::shared_ptr<Plan> plan_;
  std::unique_ptr<Bound> bound_;
  std::mutex scalars_;  // guards bound_->scalars, and bound_ itself at its end
  std::atomic<bool> aborted_{false};
  std::atomic<int64_t> steps_{0};
  RunStatus status_ = RunStatus::kDone;
  std::string wrong_;
};

}  // namespace myelin
