// A thread that may be refused: limits of users and containers count threads, too.
#pragma once

#include <system_error>
#include <thread>

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
    } catch (const std::system_error&) {
      if (tries == 0) give_back_memory();
      else give_up_reserve();
    }
  }
  return false;
}

}  // namespace myelin
