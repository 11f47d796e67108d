// Plans, called from JavaScript.
#pragma once

#include <node_api.h>

namespace myelin {

// Adds planCreate, planDispose, planRun, planStart, planProfile and planTimes.
void export_plan(napi_env env, napi_value exports);

}  // namespace myelin
