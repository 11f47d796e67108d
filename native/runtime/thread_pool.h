// One pool a process, shared by every environment and model. Never destroyed: Node unloads an addon with the last worker
// that loaded it, and a thread that is alive then would run unmapped code.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace myelin {

class ThreadPool {
 public:
  static ThreadPool& instance();

  // Threads that work on one job, the caller included.
  int threads() const;
  // Fewer where the system gives no more threads; threads() tells.
  void set_threads(int n);
  // For tests, which want more threads at work at once than this machine has processors.
  void set_processors(int n);
  static int default_threads();  // MYELIN_THREADS, else the cores that affinity and cgroup quota allow

  // How many times as long as on the machine that grains were chosen on it takes here to share work and meet again, from 1 to 16:
  // so many times as much must there be to do for a thread. Measured when the threads begin.
  int64_t dearness() const;

  // Which of the threads of a job this one is: 0 for its caller, from 1 on for the pool's.
  static int worker();

  // Calls f(task) for task in [0, tasks), in any order, on the caller and the first `threads` - 1 of the pool's threads, but
  // no more than there are processors: one that waits for its turn keeps all others waiting. Returns when all are done. A
  // second caller, or a call from inside a task, runs its tasks alone. f must not throw.
  template <class F>
  void run(int64_t tasks, int threads, F&& f) {
    using Fn = std::remove_reference_t<F>;
    run_erased(tasks, threads, [](void* fn, int64_t task) { (*static_cast<Fn*>(fn))(task); },
               const_cast<void*>(static_cast<const void*>(std::addressof(f))));
  }

 private:
  struct State;
  ThreadPool();
  void measure();
  void run_erased(int64_t tasks, int threads, void (*call)(void*, int64_t), void* fn);
  State* state_;
};

}  // namespace myelin
