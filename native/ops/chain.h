// Length of a chain, for the pass over the graph that makes one.
#pragma once

namespace myelin {

constexpr int kMostChained = 32;  // ops

}  // namespace myelin
