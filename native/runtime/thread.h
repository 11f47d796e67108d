// A thread that may be refused: limits of users and containers count threads, too.
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "storage.h"

namespace myelin {

// Runs f on a thread of its own, which nobody waits for; false where the system gives no more threads, or no memory for its
// stack, though all that was kept for reuse has been given back.
template <class F>
bool start_thread(const F& f) {
  for (int tries = 0; tries < 3; tries++) {
    try {
      std::thread(f).detach();
      return true;
    } catch (const std::exception&) {
      if (tries == 0)
        give_back_memory();
      else
        give_up_reserve();
      // The system counts a thread a moment longer than it runs.
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  return false;
}

// Threads, as far as there are any, that are there for as long as this is: who takes all that are left meanwhile leaves so
// many to others.
class SpareThreads {
 public:
  explicit SpareThreads(int n) {
    try {
      for (int i = 0; i < n; i++) threads_.emplace_back([this] { wait(); });
    } catch (const std::exception&) {
    }
  }
  ~SpareThreads() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      over_ = true;
    }
    end_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    end_.wait(lock, [this] { return over_; });
  }

  std::mutex mutex_;
  std::condition_variable end_;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace myelin
