# docker build --target cpu  -t ssd320:cpu  .     builds and tests, no GPU
# docker build --target cuda -t ssd320:cuda .     builds for all supported GPUs
# docker build               -t ssd320 .          the programs and what they need, on the CPU build
FROM debian:12 AS base
WORKDIR /ssd320
COPY tools/setup.sh tools/setup.sh
RUN apt-get update && tools/setup.sh

FROM base AS cpu
COPY . .
RUN tools/test.sh quick

FROM nvidia/cuda:13.0.1-cudnn-devel-ubuntu24.04 AS cuda
WORKDIR /ssd320
COPY tools/setup.sh tools/setup.sh
RUN apt-get update && tools/setup.sh
COPY . .
RUN cmake -S . -B build/cuda -G Ninja -DSSD_CUDA=ON -DSSD_NATIVE=OFF \
      -DCMAKE_CUDA_ARCHITECTURES="80-real;86-real;89-real;90-real;100-real;120" \
 && cmake --build build/cuda

FROM debian:12-slim AS run
RUN apt-get update && apt-get install -y --no-install-recommends \
      libjpeg62-turbo libpng16-16 libxxhash0 libfmt9 libdnnl2 libgomp1 && rm -rf /var/lib/apt/lists/*
COPY --from=cpu /ssd320/build/cpu/bin/ /usr/local/bin/
COPY --from=cpu /ssd320/configs/ /usr/local/share/ssd320/configs/
WORKDIR /workspace
ENTRYPOINT ["ssdtrain"]
CMD ["--help"]
