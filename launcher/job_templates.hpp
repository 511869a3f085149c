#pragma once
// The files of launcher/job_templates, as texts.

#include <string_view>

namespace muster::launcher {

extern const std::string_view job_template_slurm;
extern const std::string_view job_template_sge;
extern const std::string_view job_template_pbs;
extern const std::string_view job_template_torque;
extern const std::string_view job_template_lsf;
extern const std::string_view job_template_htcondor;

}  // namespace muster::launcher
