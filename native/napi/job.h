// A plan's job as JavaScript sees it.
#pragma once

#include <node_api.h>

#include <memory>

#include "../plan/job.h"

namespace myelin {

// { status, steps } of a job that has settled.
napi_value run_result(napi_env env, const Job& job);

// Starts a job and returns { abort(), steps, setScalars(table) }. The callback is called once, with (null, result) or
// (error), on the environment's thread; until then the job keeps its event loop alive. nullptr with an exception pending.
napi_value start_job(napi_env env, std::shared_ptr<Plan> plan, std::unique_ptr<Bound> bound, napi_value callback);

}  // namespace myelin
