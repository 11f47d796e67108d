// A run of a plan, step by step under the turnstile: here and now, or as a job on the thread that runs jobs.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "plan.h"

namespace myelin {

enum class RunStatus { kDone, kAborted, kNotFinite, kFailed, kNoMemory };
const char* status_name(RunStatus status);  // "done", "aborted", "notFinite", "failed", "noMemory"

// Owns its plan and storages until it has settled, so it may outlive the environment that started it.
class Job {
 public:
  Job(std::shared_ptr<Plan> plan, std::unique_ptr<Bound> bound) : plan_(std::move(plan)), bound_(std::move(bound)) {}
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Runs all steps on the calling thread, unless between two of them ends(data) is true.
  void run(bool (*ends)(void*), void* data);
  // Does so on the thread that all jobs share, step by step in turns, and calls settled() there last. A new job's first step
  // comes next, but only every other step is a first one, so that those that came before go on, too. The list holds the job
  // alone; starting it takes no memory more.
  static void start(std::list<std::shared_ptr<Job>> one);
  // Sees to it that there is that thread, before the first start; false if the system gives none.
  static bool prepare();

  // Takes effect before the next step of any job.
  void abort();
  // Whole steps done so far.
  int64_t steps() const { return steps_.load(std::memory_order_acquire); }
  // Replaces the table of scalars, [steps, columns], from the next step on; false if it is not of that size.
  bool set_scalars(const double* scalars, size_t count);

  // Once settled:
  RunStatus status() const { return status_; }
  const std::string& wrong() const { return wrong_; }
  int64_t lacking() const { return lacking_; }  // bytes that did not fit

 protected:
  virtual void settled() {}

 private:
  friend class Runner;

  bool aborted() const { return aborted_.load(std::memory_order_relaxed); }
  // The next step; false when there is none any more, and the status is known.
  bool step();
  bool end(RunStatus status);
  // Gives back what the run held.
  void finish();

  std::shared_ptr<Plan> plan_;
  std::unique_ptr<Bound> bound_;
  std::mutex scalars_;  // guards bound_->scalars, and bound_ itself at its end
  std::atomic<bool> aborted_{false};
  std::atomic<int64_t> steps_{0};
  std::vector<double> row_;  // the scalars of the present step
  RunStatus status_ = RunStatus::kDone;
  std::string wrong_;
  int64_t lacking_ = 0;
};

}  // namespace myelin
