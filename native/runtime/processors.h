// Processors that the operating system lets this process use.
#pragma once

#include <cstdint>

namespace myelin {

int available_processors();      // affinity and cgroup quota counted; at least 1
int64_t available_memory();      // bytes: physical memory or the cgroup's limit, the smaller

// From the environment; 0 where not set. What cannot be read is told by environment_error().
int requested_threads();         // MYELIN_THREADS: 1 to 256
int64_t requested_memory();      // MYELIN_MEMORY: "80%", bytes, or with k, m, g

const char* environment_error();  // in words, or nullptr

}  // namespace myelin
