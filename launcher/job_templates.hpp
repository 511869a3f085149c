#pragma once
// The files of launcher/job_templates, as texts.

#include <string_view>

namespace muster::launcher {

extern const std::string_view job_template_slurm;

}  // namespace muster::launcher
