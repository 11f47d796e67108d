// One op, called from JavaScript.
#pragma once

#include <node_api.h>

namespace myelin {

// run(spec?: Float64Array): number. The spec, or the one that shareSpec keeps, is
//   [opcode, inputs n, outputs m, attributes k, n handles, m × (dtype, rank, dims...), k numbers]
// and the handles of the outputs are written over its first m places; the first is also returned.
napi_value run(napi_env env, napi_callback_info info);

}  // namespace myelin
