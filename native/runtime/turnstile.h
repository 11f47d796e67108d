// One fair lock a process, held during each step of any plan's run: several jobs alternate step by step, each with the
// whole thread pool, and whoever reads weights between two steps sees those of one step.
#pragma once

namespace myelin {

class Turnstile {
 public:
  // Holds the turnstile while it lives, in order of arrival. Must not be nested in one thread.
  class Pass {
   public:
    Pass();
    ~Pass();
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
  };

  // A pass that is free of cost while no job is alive, or where it is known that none holds the tensor. For the JavaScript
  // thread, which starts the jobs that can touch its tensors itself, so that none can begin while it is inside.
  class ReaderPass {
   public:
    explicit ReaderPass(bool may_be_held = true);
    ~ReaderPass();
    ReaderPass(const ReaderPass&) = delete;
    ReaderPass& operator=(const ReaderPass&) = delete;

   private:
    const bool taken_;
  };

  // Asynchronous jobs alive in this process.
  static void job_begins();
  static void job_ends();
  static bool any_job();
};

}  // namespace myelin
