#include "tools/report/curves.h"

#include "tools/report/html.h"
#include "tools/report/plot.h"

namespace report {
namespace {

struct Wanted {
  const char *column, *name;
};

// Leaves out lines without points. No line: no plot.
std::string plot_of(const TrainingTable& table, LinePlot plot, const std::vector<Wanted>& wanted,
                    const std::string& caption) {
  for (size_t i = 0; i < wanted.size(); ++i) {
    Line line{.name = wanted[i].name,
              .colour = "c" + std::to_string(i),
              .points = table.points(wanted[i].column)};
    std::erase_if(line.points, [](const auto& point) { return point.second < 0; });  // no value
    line.marks = line.points.size() <= 30;
    if (!line.points.empty()) plot.lines.push_back(std::move(line));
  }
  plot.x_title = "step";
  return plot.lines.empty() ? "" : figure(plot.html(), escaped(caption, 400));
}

}  // namespace

std::string curves_section(const TrainingTable& table, double best_step) {
  std::string plots =
      plot_of(table, {.title = "losses", .y_title = "loss", .may_be_logarithmic = true},
              {{"Loss/total_loss", "total"},
               {"Loss/classification_loss", "classification"},
               {"Loss/localization_loss", "localization"},
               {"Loss/regularization_loss", "regularization"}},
              "Losses of the training batches.");
  plots += plot_of(table, {.title = "metrics", .y_title = "metric", .marked_x = best_step},
                   {{"DetectionBoxes_Precision/mAP", "mAP"},
                    {"DetectionBoxes_Precision/mAP@.50IOU", "mAP50"},
                    {"DetectionBoxes_Precision/mAP@.75IOU", "mAP75"},
                    {"DetectionBoxes_Recall/AR@100", "AR100"}},
                   best_step < 0 ? "Metrics on the validation images."
                                 : "Metrics on the validation images; the line marks the best.");
  plots += plot_of(table, {.title = "metrics by size", .y_title = "mAP"},
                   {{"DetectionBoxes_Precision/mAP (small)", "small"},
                    {"DetectionBoxes_Precision/mAP (medium)", "medium"},
                    {"DetectionBoxes_Precision/mAP (large)", "large"}},
                   "mAP of small (below 32 x 32 pixels), medium and large (from 96 x 96) objects.");
  plots += plot_of(table, {.title = "learning rate", .y_title = "rate"},
                   {{"learning_rate", "learning rate"}}, "Learning rate.");
  plots += plot_of(table, {.title = "gradient norm", .y_title = "norm", .may_be_logarithmic = true},
                   {{"gradient_norm", "gradient norm"}}, "Norm of the gradient, before clipping.");
  plots += plot_of(table, {.title = "speed", .y_title = "images/s"},
                   {{"images_per_second", "images/s"}}, "Images per second of training.");
  if (plots.empty() && table.problem.empty()) plots = paragraph("No step has been logged yet.");
  const std::string problem = table.problem.empty() ? "" : warning(table.problem);
  return section("curves", "Training", problem + grid(plots));
}

}  // namespace report
