#include "kernels/simt.h"

namespace kernels {

void check_launch() {
#ifdef __CUDACC__
  if (cudaError_t error = cudaGetLastError())
    throw std::runtime_error(std::string("kernel launch refused: ") + cudaGetErrorString(error));
#endif
}

}  // namespace kernels
