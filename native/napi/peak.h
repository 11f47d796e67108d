// The most that this machine could do, for the benchmarks to compare with.
#pragma once

#include <napi.h>

namespace myelin {

// machinePeak(): { flops, cacheBytes, memoryBytes }, all a second, with the threads and the instruction set in use.
Napi::Value machine_peak(const Napi::CallbackInfo& info);

}  // namespace myelin
