#include "processors.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(_WIN32)
#include <windows.h>
#else
#include <unistd.h>
#endif
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace myelin {
namespace {

#if defined(__linux__)
// The first line of a file of the control group file system.
bool read_line(const char* path, char* line, int size) {
  FILE* file = std::fopen(path, "r");
  if (file == nullptr) return false;
  const bool ok = std::fgets(line, size, file) != nullptr;
  std::fclose(file);
  return ok;
}

double cgroup_processors() {
  char line[128];
  double quota = 0, period = 0;
  if (read_line("/sys/fs/cgroup/cpu.max", line, sizeof line)) {
    if (std::sscanf(line, "%lf %lf", &quota, &period) == 2 && quota > 0 && period > 0) return quota / period;
    return 0;
  }
  if (read_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", line, sizeof line)) quota = std::atof(line);
  if (read_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us", line, sizeof line)) period = std::atof(line);
  return quota > 0 && period > 0 ? quota / period : 0;
}

int64_t cgroup_memory() {
  char line[128];
  if (read_line("/sys/fs/cgroup/memory.max", line, sizeof line) ||
      read_line("/sys/fs/cgroup/memory/memory.limit_in_bytes", line, sizeof line))
    return std::atoll(line);  // "max" reads as 0: no limit
  return 0;
}
#endif

// A number with nothing but `suffixes` behind it; returns the suffix found, or -1.
int parse(const char* text, double* value, const char* suffixes) {
  char* end = nullptr;
  *value = std::strtod(text, &end);
  if (end == text || !std::isfinite(*value) || *value <= 0) return -1;
  if (*end == 0) return 0;
  return end[1] == 0 && std::strchr(suffixes, *end) != nullptr ? *end : -1;
}

}  // namespace

int available_processors() {
  int n = static_cast<int>(std::thread::hardware_concurrency());
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) n = CPU_COUNT(&set);
  const double quota = cgroup_processors();
  if (quota > 0 && quota < n) n = static_cast<int>(std::ceil(quota));
#endif
  return n < 1 ? 1 : n;
}

int64_t available_memory() {
#if defined(_WIN32)
  MEMORYSTATUSEX status;
  status.dwLength = sizeof status;
  return GlobalMemoryStatusEx(&status) ? static_cast<int64_t>(status.ullTotalPhys) : int64_t{1} << 32;
#elif defined(__APPLE__)
  int64_t bytes = 0;
  size_t size = sizeof bytes;
  return sysctlbyname("hw.memsize", &bytes, &size, nullptr, 0) == 0 ? bytes : int64_t{1} << 32;
#else
  int64_t bytes = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  const int64_t limit = cgroup_memory();
  if (limit > 0 && limit < bytes) bytes = limit;
  return bytes;
#endif
}

int requested_threads() {
  const char* text = std::getenv("MYELIN_THREADS");
  double n = 0;
  if (text == nullptr || *text == 0 || parse(text, &n, "") != 0) return 0;
  return n >= 1 && n <= 256 && n == std::floor(n) ? static_cast<int>(n) : 0;
}

int64_t requested_memory() {
  const char* text = std::getenv("MYELIN_MEMORY");
  double n = 0;
  if (text == nullptr || *text == 0) return 0;
  switch (parse(text, &n, "%kKmMgG")) {
    case 0: break;
    case '%': n *= static_cast<double>(available_memory()) / 100; break;
    case 'k': case 'K': n *= 1024.0; break;
    case 'm': case 'M': n *= 1024.0 * 1024; break;
    case 'g': case 'G': n *= 1024.0 * 1024 * 1024; break;
    default: return 0;
  }
  return n < 9e15 ? static_cast<int64_t>(n) : 0;
}

const char* environment_error() {
  const char* threads = std::getenv("MYELIN_THREADS");
  if (threads != nullptr && *threads != 0 && requested_threads() == 0)
    return "MYELIN_THREADS must be a whole number from 1 to 256";
  const char* memory = std::getenv("MYELIN_MEMORY");
  if (memory != nullptr && *memory != 0 && requested_memory() == 0)
    return "MYELIN_MEMORY must be a share of the memory (80%) or a number of bytes, optionally with k, m or g";
  return nullptr;
}

}  // namespace myelin
